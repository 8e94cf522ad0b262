"""Overhead of a sweep on the training of its jobs, and whether many jobs in a row leak resources.

``lungseg train -m`` with one optimizer step per job, W&B offline, cases of 32x32. After each job
the process of the sweep prints its resident memory, open files and child processes. The overhead of
a job is its time minus that of Lightning's fit and of the final evaluation. The first job, which
imports everything and prepares the cases, is excluded.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

JOBS = 50
SMALL = (
    *("trainer.max_epochs=1", "+trainer.limit_train_batches=1", "report=false"),
    *("model.base_channels=4", "model.depth=2"),
    *("data.source.n_cases=12", "data.source.size=32", "data.source.n_slices=12"),
)
SETTLED = 10
"""Number of jobs after which caches are full: memory is compared from there on."""


def watched_sweep(jobs: int) -> None:
    """Run the sweep in this process; one line per job: seconds, overhead, MiB, files, children."""
    from pytorch_lightning import Trainer

    import lungseg.apps.train as app
    from lungseg.cli import main
    from lungseg.command import job as jobs_of_sweep

    spent = [0.0]
    for owner, name in ((Trainer, "fit"), (app, "evaluate")):
        setattr(owner, name, _timed(getattr(owner, name), spent))
    run_job = jobs_of_sweep.run_job

    def watched(*arguments: Any) -> Any:
        spent[0] = 0.0
        start = time.perf_counter()
        result = run_job(*arguments)
        seconds = time.perf_counter() - start
        print("JOB", seconds, seconds - spent[0], *_resources(), file=sys.stderr)
        return result

    jobs_of_sweep.run_job = watched
    seeds = ",".join(map(str, range(jobs)))
    sys.exit(main(["train", "-m", f"seed={seeds}", *SMALL]))


def _timed(function: Any, spent: list[float]) -> Any:
    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[0] += time.perf_counter() - start

    return timed


def _resources() -> tuple[float, int, int]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    mib = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return mib, len(list(Path("/proc/self/fd").iterdir())), len(children)


def sweep(jobs: int) -> list[tuple[float, ...]]:
    """Seconds, overhead in seconds, MiB, open files and child processes after each job."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", f"from benchmarks.sweep import *; watched_sweep({jobs})"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    lines = [line.split()[1:] for line in done.stderr.splitlines() if line.startswith("JOB ")]
    return [tuple(map(float, line)) for line in lines]


def main() -> None:
    jobs = sweep(JOBS)
    _, overhead, mib, files, children = zip(*jobs, strict=True)
    print(
        f"sweep: overhead of a job {statistics.median(overhead[1:]):.2f} s beyond training and"
        f" evaluation (median; longest {max(overhead[1:]):.2f} s), the first {overhead[0]:.2f} s"
    )
    print(
        f"sweep of {len(jobs)} one-step jobs: after job {SETTLED} {mib[SETTLED - 1]:.0f} MiB,"
        f" after the last {mib[-1]:.0f} MiB: {mib[-1] / mib[SETTLED - 1] - 1:+.1%}; open files"
        f" {files[SETTLED - 1]:.0f} and {files[-1]:.0f}; child processes"
        f" {children[SETTLED - 1]:.0f} and {children[-1]:.0f} (W&B's one service)"
    )


if __name__ == "__main__":
    main()
