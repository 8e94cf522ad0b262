"""Locks on a store: one process at a time updates it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"
WRITING = ".writing"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a store for this process; others wait, and then find the work done.

    The system releases the lock when the process ends, however it ends.
    """
    with _flock(folder / LOCK, fcntl.LOCK_EX):
        yield


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Keep half-written cases from being removed.

    The process with the lock may be killed and leave behind workers that continue to write.
    """
    with _flock(folder / WRITING, fcntl.LOCK_SH):
        yield


@contextmanager
def nobody_writing(folder: Path) -> Iterator[None]:
    """Wait until nothing is being written, and prevent new writing."""
    with _flock(folder / WRITING, fcntl.LOCK_EX):
        yield


@contextmanager
def _flock(file: Path, how: int) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened:
        fcntl.flock(opened, how)
        yield
