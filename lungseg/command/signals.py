"""A command that is told to end does so as after Ctrl-C: what has to be tidied is tidied."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lungseg.rank import started_by_lightning

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
"""SIGUSR1 is what ``sbatch --signal=USR1@120`` sends before the time limit."""


@contextmanager
def interrupted_by_signals() -> Iterator[list[int]]:
    """Raise KeyboardInterrupt at SIGTERM and SIGUSR1, which would end the process at once.

    Of several processes that Lightning started for a run, the first does, and Lightning then ends
    the others. These ignore both signals, which `timeout` and schedulers send to all: without them
    the first would wait for ever in an operation of all processes, where no handler is called.

    Yields:
        The signals that have come.
    """
    came: list[int] = []
    # Only the main thread may set handlers; a program that has its own keeps them.
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    process = os.getpid()

    def handle(number: int, frame: Any) -> None:
        if os.getpid() != process:  # forked: nothing here is its own to tidy
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        elif not started_by_lightning():
            came.append(number)
            raise KeyboardInterrupt

    own = [number for number, handler in before.items() if handler == signal.SIG_DFL]
    for number in own:
        signal.signal(number, handle)
    try:
        yield came
    finally:
        for number in own:
            signal.signal(number, before[number])


def exit_code(number: int) -> int:
    """Of a command that a signal ended, by the shells' custom.

    Example:
        >>> exit_code(signal.SIGTERM)
        143
    """
    return 128 + number
