"""A command that is terminated ends as by Ctrl-C: what has to be tidied is tidied."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lungseg.rank import started_by_lightning

TERMINATED = 143
"""Exit code after SIGTERM, by the shells' custom."""


@contextmanager
def interrupted_by_sigterm() -> Iterator[threading.Event]:
    """Raise KeyboardInterrupt at SIGTERM; by default it would end the process at once.

    Of several processes that Lightning started for a run, the first does, and Lightning then ends
    the others. These ignore SIGTERM, which `timeout` and schedulers send to all: without them the
    first would wait for ever in an operation of all processes, where no handler is called.

    Yields:
        Set once SIGTERM has come.
    """
    came = threading.Event()
    before = signal.getsignal(signal.SIGTERM)
    # Only the main thread may set handlers; a program that has its own keeps it.
    if threading.current_thread() is not threading.main_thread() or before != signal.SIG_DFL:
        yield came
        return
    process = os.getpid()

    def handle(number: int, frame: Any) -> None:
        if os.getpid() != process:  # forked: nothing here is its own to tidy
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        elif started_by_lightning():
            return
        elif signal.getsignal(number) is handle or "SLURM_JOB_ID" not in os.environ:
            came.set()
            raise KeyboardInterrupt
        # Else Lightning has called this behind its own handler, which ends or requeues the job.

    signal.signal(signal.SIGTERM, handle)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, before)
