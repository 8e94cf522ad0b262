"""One process at a time brings a store up to date."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"
WRITING = ".writing"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a store for this process; others wait here, and then find the work done.

    The system lets go of it when the process ends, however it ends.
    """
    with _held(folder / LOCK, fcntl.LOCK_EX):
        yield


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold what is half-written in a store from being swept away.

    The process that holds the store may be killed and leave behind workers that go on writing.
    """
    with _held(folder / WRITING, fcntl.LOCK_SH):
        yield


@contextmanager
def nobody_writing(folder: Path) -> Iterator[None]:
    """Wait until nothing is being written, and let nobody begin."""
    with _held(folder / WRITING, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(file: Path, how: int) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as opened:
        fcntl.flock(opened, how)
        yield
