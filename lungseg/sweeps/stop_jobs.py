"""Ends the jobs that a launcher has started elsewhere, when their sweep is interrupted."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

CONTROLLER = "submitit.local._local"
"""Name of the module that runs a job of submitit's on this machine."""
GRACE_SECONDS = 60.0
"""For a step, and its checkpoint."""


def stop_jobs(submitit: Path, *, by_slurm: bool) -> int:
    """End all jobs of a sweep of this process, and wait for those on this machine.

    They are interrupted, so that a training leaves its checkpoint.

    Args:
        submitit: Where submitit has the folders of its jobs, named by their numbers.
        by_slurm: Whether they are jobs of Slurm's.

    Returns:
        How many jobs were to be ended.
    """
    if by_slurm:
        return _cancel([folder.name for folder in submitit.glob("*/")])
    import psutil

    controllers = [child for child in psutil.Process().children() if CONTROLLER in _words_of(child)]
    for controller in controllers:
        with suppress(psutil.NoSuchProcess):
            for task in controller.children():
                task.send_signal(signal.SIGUSR1)  # shells have some ignore SIGINT
    _, alive = psutil.wait_procs(controllers, timeout=GRACE_SECONDS)
    for controller in alive:
        with suppress(psutil.NoSuchProcess):
            for process in (*controller.children(recursive=True), controller):
                process.kill()
    return len(controllers)


def _words_of(process: object) -> list[str]:
    import psutil

    assert isinstance(process, psutil.Process)
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:  # it has just ended
        return []
    return words


def _cancel(names: list[str]) -> int:
    """Have Slurm end jobs: it sends SIGTERM, at which a training writes its checkpoint."""
    jobs = [name for name in names if re.fullmatch(r"\d+(_\d+)?", name)]
    if not jobs:
        return 0
    try:
        subprocess.run(["scancel", *jobs], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        log.warning(f"scancel failed; these jobs may still run: {' '.join(sorted(jobs))}")
        return 0
    return len(jobs)
