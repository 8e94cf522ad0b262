"""Whose a run folder is: claimed by one process before anything is written into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lungseg.errors import ConfigError
from lungseg.files import remove_parts
from lungseg.runs.checkpoint import require_checkpoint

if TYPE_CHECKING:
    from filelock import BaseFileLock

MARK = ".run"
"""An empty file that makes a folder a run's; locked while the run's process is alive."""
BEGUN = ("status.json", "provenance.json", "metrics.csv", "checkpoints")
"""Any of these in a folder: a run has begun there."""
POOLED = "pooled"
"""Where a sweep has the pooled results of its own runs, which are no further runs of it."""
WAIT_SECONDS = 0.2
"""Longer than it takes others to look whether a folder's process is alive."""

_locks: dict[Path, BaseFileLock] = {}
_waiting: dict[Path, Callable[[], None]] = {}


def claim_new(folder: Path) -> Path:
    """Claim the first free of ``folder``, ``folder-2``, ``folder-3`` and so on.

    For folders named by the time of day, of which several runs may start in one second.
    """
    number, free = 1, folder
    while True:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            free.mkdir()  # the file system lets one process make it
            return free
        except FileNotFoundError:  # a refused run has just removed the empty folder of the day
            continue
        except FileExistsError:
            number += 1
            free = folder.with_name(f"{folder.name}-{number}")


def claim(folder: Path) -> None:
    """Claim a folder for a run of this process, until :func:`release`.

    Raises:
        ConfigError: If a run has begun there, or another process has claimed it. Nothing in the
            folder was changed.
    """
    if folder.resolve() in _locks:
        return
    refuse_begun(folder)
    lock(folder)
    refuse_begun(folder)  # another may have come and gone since


def claim_resumed(folder: Path, checkpoint: Path) -> None:
    """Claim the folder of a run that is resumed, and clear what a kill left half-written there.

    Args:
        folder: Of the run.
        checkpoint: To resume from.

    Raises:
        DataError: If there is no such checkpoint.
        ConfigError: If another process trains there.
    """
    require_checkpoint(checkpoint)
    lock(folder)
    remove_parts(folder)


def has_begun(folder: Path) -> bool:
    """Whether a run has begun in a folder."""
    return any((folder / name).exists() for name in BEGUN)


def refuse_begun(folder: Path) -> None:
    """Stop where a run has begun: its files are never overwritten by another.

    Raises:
        ConfigError: Likewise.
    """
    if has_begun(folder):
        raise ConfigError(
            "this folder already contains a run; choose another, or resume the run with"
            " lungseg train resume=RUN",
            folder,
        )


def when_begun(folder: Path, action: Callable[[], None]) -> None:
    """Put off what would change a resumed run's folder until :func:`begin` accepts the resume."""
    _waiting[folder.resolve()] = action


def begin(folder: Path) -> None:
    """Claim the folder if this was not done yet: all checks have passed, the run starts.

    Raises:
        ConfigError: As :func:`claim`.
    """
    claim(folder)
    action = _waiting.pop(folder.resolve(), None)
    if action is not None:
        action()


def release() -> None:
    """Give up this process's claims; a folder where no run began is free for another."""
    _waiting.clear()
    while _locks:
        folder, mark = _locks.popitem()
        if not has_begun(folder):
            (folder / MARK).unlink(missing_ok=True)
        mark.release()


def lock(folder: Path) -> None:
    """Keep other processes out of a run's folder until :func:`release`.

    Raises:
        ConfigError: If another process is in it already.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    mark = FileLock(folder / MARK)
    try:
        mark.acquire(timeout=WAIT_SECONDS, poll_interval=WAIT_SECONDS / 10)
    except Timeout:
        raise ConfigError("another process is running in this folder", folder) from None
    _locks[folder.resolve()] = mark
