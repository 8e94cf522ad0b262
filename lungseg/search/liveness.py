"""Whether the process that runs a trial is alive."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

BEAT_SECONDS = 60.0
STALE_SECONDS = 300.0
START_TOLERANCE_SECONDS = 60.0
"""Start times count from the machine's start, which its clock dates anew when it is corrected."""


def identity() -> dict[str, Any]:
    """Describe this process, so that another one can tell whether it is alive."""
    return {
        "host": platform.node(),
        "machine": _boot_id() or platform.node(),
        "namespace": _namespace(),
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
    }


def alive(worker: dict[str, Any], beat: float, now: float | None = None) -> bool:
    """Whether a worker is alive.

    On the same machine its process is looked up. On another machine, or in another container, its
    last heartbeat must be younger than five minutes; the clocks are assumed to agree within that.

    Args:
        worker: Its ``identity()``.
        beat: Time of its last heartbeat, in seconds since 1970.
        now: The current time.
    """
    here = identity()
    same_machine = all(worker.get(key) == here[key] for key in ("machine", "namespace"))
    # Earlier versions recorded the start in ticks, as text: their processes have the heartbeat.
    if same_machine and isinstance(worker["started"], float):
        return _runs(worker["pid"], worker["started"])
    return (time.time() if now is None else now) - beat < STALE_SECONDS


class Heartbeat:
    """Sends a heartbeat at intervals while the block runs."""

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


def _runs(pid: int, started: float) -> bool:
    """Whether a process runs: not another one that was given its number, and no zombie."""
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > START_TOLERANCE_SECONDS:
            return False
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


# psutil knows processes by their numbers. Which machine, since which start, and which container a
# number belongs to it does not tell.


def _boot_id() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _namespace() -> str | None:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # no path, but a name
    except OSError:
        return None
