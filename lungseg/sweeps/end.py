"""A sweep after its jobs: its folder is tidied, and what it came to is reported."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.files import short
from lungseg.runs.checkpoint import LAST
from lungseg.sweeps.callback import Folders
from lungseg.sweeps.mode import is_search

SUBMITIT = ("LocalLauncher", "SlurmLauncher")
"""Launchers whose jobs outlive the process that has started them."""
OVER = ("completed", "pruned")
"""States of jobs of which nothing is left to do."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, by the shells' custom."""


def end_sweep(command: str, code: int) -> int:
    """Tidy the folder of this process's sweep, report how it went, and return the exit code.

    Args:
        command: Of lungseg.
        code: Exit code so far: 0 unless something stopped the sweep.
    """
    config, Folders.sweep = Folders.sweep, None
    if config is None:
        return code
    from lungseg.sweeps.all_folds import end_folds
    from lungseg.sweeps.index import FILE, print_index, rows, write_index

    folder = Path(config.hydra.sweep.dir)
    if not folder.is_dir():
        return code
    if code == INTERRUPTED:  # one job that was killed ends no other
        _stop_jobs(config, folder)
    _tidy(config, folder)
    write_index(folder)
    if is_search(config.hydra):
        return code  # it has reported by itself: failed trials were made up for by others
    if code == INTERRUPTED:
        print(_stopped(command, folder, rows(folder)), file=sys.stderr)
    if code:
        end_folds(config, folder, pooling=False)
        return code
    not_pooled = 0
    if command == "train":
        print_index(folder)
        not_pooled = end_folds(config, folder, pooling=True)
    states = [row["state"] for row in rows(folder)]
    if left := sum(state not in OVER for state in states):
        print(
            f"lungseg {command}: error: {left} of {len(states)} jobs failed; the reasons stand"
            f" above and in {short(folder / FILE)}",
            file=sys.stderr,
        )
    return int(left + not_pooled > 0)


def _stopped(command: str, folder: Path, jobs: Sequence[Mapping[str, Any]]) -> str:
    """How far an interrupted sweep came, and what resumes a job of it."""
    from lungseg.sweeps.index import FILE

    begun = f"{len(jobs)} job{'s' if len(jobs) != 1 else ''} had begun: {short(folder / FILE)}"
    left = [
        job["job"]
        for job in jobs
        if job["state"] not in OVER and (folder / str(job["job"]) / LAST).is_file()
    ]
    if command != "train" or not left:
        return begun
    return f"{begun}; lungseg train resume={short(folder)}/{left[0]} resumes job {left[0]}"


def _stop_jobs(config: DictConfig, folder: Path) -> None:
    """Leave no job of this sweep that trains on, or waits to, with nobody who knows of it."""
    from lungseg.sweeps.stop_jobs import stop_jobs

    launcher: Any = OmegaConf.to_container(config.hydra.launcher)
    name = str(launcher.get("_target_", "")).rpartition(".")[2]
    if name in SUBMITIT and stop_jobs(folder / Folders.submitit, by_slurm=name == "SlurmLauncher"):
        print("its jobs were told to end; trainings leave a checkpoint", file=sys.stderr)


def _tidy(config: DictConfig, folder: Path) -> None:
    """Remove what this process's launcher has left of identifying values."""
    from lungseg.redaction import hide_source, redact_text

    for pickled in folder.glob(f"{Folders.submitit}/**/*.pkl"):
        pickled.unlink()  # contains the whole configuration
    redactor = hide_source(config, folder)
    # The screen of jobs in other processes.
    for printed in folder.glob(f"{Folders.submitit}/**/*_log.*"):
        redact_text(printed, redactor)


def free_memory() -> None:
    """Free what a job leaves, whose parts refer to each other: otherwise jobs would pile up."""
    gc.collect()
    with suppress(OSError, AttributeError):  # where the C library is another
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # it keeps freed pieces between those in use


def failed_job() -> str | None:
    """Why a grid stopped, by the folders of its jobs.

    Each launcher that starts processes passes errors on in its own way, or not at all.
    """
    from lungseg.sweeps.index import rows

    config = Folders.sweep
    if config is None or is_search(config.hydra):
        return None
    failed = (row for row in rows(Path(config.hydra.sweep.dir)) if row["state"] == "failed")
    return next((f"job {row['job']} failed: {row['error']}" for row in failed), None)
