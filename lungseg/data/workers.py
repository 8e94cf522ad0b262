"""Processes that load slices: what signals mean to them, and that they end with the training."""

from __future__ import annotations

import atexit
import multiprocessing
import signal
from functools import cache

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
"""Ctrl-C, what ends a process, and what schedulers send before a time limit."""


def outlast_signals(worker: int) -> None:
    """In a process that loads slices: leave it to the training what a signal means.

    Terminals and schedulers send signals to all processes. A training that wants to finish its
    step needs its workers; they end when it does.

    Args:
        worker: Its number; DataLoader gives it.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@cache
def end_at_exit() -> None:
    """Have workers that still run when this program ends killed.

    Python ends such processes by SIGTERM, which these ignore, and would wait for ever.
    """
    atexit.register(_kill)  # runs before what multiprocessing registered when it was imported


def _kill() -> None:
    for process in multiprocessing.active_children():
        if process.daemon:
            process.kill()
