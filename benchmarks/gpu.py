"""Training steps on a GPU, whatever there is: seconds, slices per second, and how busy it was.

512x512 slices in batches of 3 and 32, in fp32 (as torch rounds it by default) and bf16, as written
and with torch.compile. The cases are in the GPU's memory; loading is measured by
``benchmarks.larger_than_memory``.
"""

from __future__ import annotations

import statistics
import threading
import time

import torch

from benchmarks.compiled import SIZE, stepper

BATCHES = (3, 32)
SECONDS = 3.0
"""Time over which steps are measured, so that the utilisation, a mean of some time, follows."""


class Utilisation:
    """Mean share of the time in which the GPU computed, in percent, while a block runs.

    It is None where the driver does not say, or nvidia-ml-py is not installed.
    """

    def __enter__(self) -> Utilisation:
        self._seen: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            try:
                self._seen.append(torch.cuda.utilization())
            except Exception:  # no driver's library, or one that does not say
                return

    @property
    def percent(self) -> float | None:
        """The mean."""
        return statistics.mean(self._seen) if self._seen else None


def line(batch: int, bf16: bool, compiled: bool) -> str:
    """The numbers of one setting."""
    step = stepper("cuda", SIZE, batch, bf16, compiled)
    first = step()
    step()
    seconds: list[float] = []
    end = time.perf_counter() + SECONDS
    with Utilisation() as utilisation:
        while time.perf_counter() < end:
            seconds.append(step())
    median, busy = statistics.median(seconds), utilisation.percent
    return (
        f"  batch {batch}, {'bf16' if bf16 else 'fp32'}{', compiled' if compiled else ''}:"
        f" step {1000 * median:.1f} ms (the first {first:.1f} s), {batch / median:.0f} slices/s,"
        f" utilisation {'not known' if busy is None else f'{busy:.0f} %'}"
    )


def main() -> None:
    if not torch.cuda.is_available():
        print("GPU: torch finds none here; nothing is measured")
        return
    print(f"training steps of the report's U-Net, {SIZE}x{SIZE}, {torch.cuda.get_device_name()}:")
    for batch in BATCHES:
        for bf16 in (False, True):
            for compiled in (False, True):
                print(line(batch, bf16, compiled), flush=True)


if __name__ == "__main__":
    main()
