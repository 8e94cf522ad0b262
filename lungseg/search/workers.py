"""Whether the process that runs a trial is still there."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEAT_SECONDS = 60.0
STALE_SECONDS = 300.0


def identity() -> dict[str, Any]:
    """This process, so that another one can tell whether it lives."""
    return {
        "host": platform.node(),
        "machine": _read("/proc/sys/kernel/random/boot_id") or platform.node(),
        "namespace": _namespace(),
        "pid": os.getpid(),
        "started": _started(os.getpid()),
    }


def alive(worker: dict[str, Any], beat: float, now: float | None = None) -> bool:
    """Whether a worker lives.

    On the same machine its process is looked for. On another, or in another container, its last
    sign of life must be younger than five minutes; the clocks are taken to agree within that.

    Args:
        worker: Its ``identity()``.
        beat: Time of its last sign of life, in seconds since 1970.
        now: The time now.
    """
    here = identity()
    # On Windows to ask for a process is to interrupt it.
    if sys.platform != "win32" and all(
        worker.get(key) == here[key] for key in ("machine", "namespace")
    ):
        return _runs(worker["pid"]) and _started(worker["pid"]) == worker["started"]
    return (time.time() if now is None else now) - beat < STALE_SECONDS


class Heartbeat:
    """Gives a sign of life now and then, as long as the block lasts."""

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._done.wait(BEAT_SECONDS):
            try:
                self._beat()
            except Exception:  # a storage out of reach for a minute must not end a training
                continue


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A zombie's parent has not asked for its end yet.
    return _stat(pid)[0] != "Z"


def _started(pid: int) -> str | None:
    """Start time in ticks since the machine's start: a number may be given to another process."""
    return _stat(pid)[19]


def _stat(pid: int) -> list[str | None]:
    text = _read(f"/proc/{pid}/stat")
    # The program's name, in brackets, may hold spaces.
    return [*text.rpartition(")")[2].split()] if text else [None] * 20


def _namespace() -> str | None:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # no path, but a name
    except OSError:
        return None


def _read(file: str) -> str | None:
    try:
        return Path(file).read_text().strip()
    except OSError:
        return None
