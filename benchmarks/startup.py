"""Start-up time of the command, as a ratio to that of ``python -c pass``."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.paired import ratios

ROUNDS = 5


def seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    for arguments in (("--help",), ("train", "--cfg", "job")):
        ours, python, ratio = ratios(
            lambda words=arguments: seconds("-m", "lungseg", *words),
            lambda: seconds("-c", "pass"),
            ROUNDS,
        )
        print(
            f"lungseg {' '.join(arguments)}: {ours:.2f} s, python -c pass {python:.3f} s:"
            f" ratio {ratio:.0f}"
        )


if __name__ == "__main__":
    main()
