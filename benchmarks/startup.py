"""How long ``lungseg --help`` takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "lungseg", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    for arguments in (("--help",), ("train", "--cfg", "job")):
        median = statistics.median(seconds(*arguments) for _ in range(5))
        print(f"lungseg {' '.join(arguments)}: {median:.2f} s (median of 5)")
