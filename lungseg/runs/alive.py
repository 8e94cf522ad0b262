"""Tells a run whose process is gone from one that is still running."""

from __future__ import annotations

from pathlib import Path

from lungseg.runs.checkpoint import LAST
from lungseg.runs.claim import MARK

INTERRUPTED = "interrupted"


def has_process(folder: Path) -> bool | None:
    """Whether a process is in a run's folder: the lock on its mark ends with its process.

    Returns:
        None where this cannot be told: without a mark, as in folders of early versions, and on
        file systems without locks.
    """
    import fcntl

    try:
        with (folder / MARK).open() as mark:
            fcntl.flock(mark, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


def state_of_running(folder: Path) -> tuple[str, str]:
    """State and reason of a run that was recorded as running; the process may have been killed."""
    alive = has_process(folder)
    if alive is None:
        return "running", "still running, or killed"
    if alive:
        return "running", "still running"
    if (folder / LAST).is_file():
        return INTERRUPTED, "its process is gone; lungseg train resume=RUN resumes it"
    return INTERRUPTED, "its process is gone, and it left no checkpoint to resume from"
