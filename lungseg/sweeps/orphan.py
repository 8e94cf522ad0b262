"""A job on this machine ends when its grid has been killed: nobody would know that it trains on."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress


def end_with_sweep(seconds: float = 5.0) -> None:
    """Interrupt this process once the one that started its controller is gone.

    A job of submitit's on this machine is started by a controller, and that by the sweep. Outside
    of one nothing is done: jobs of Slurm's are known to Slurm. The signal is SIGUSR1, at which a
    training leaves its checkpoint.

    Args:
        seconds: Between two looks.
    """
    if os.environ.get("SUBMITIT_EXECUTOR") != "local":
        return
    import psutil

    controller = psutil.Process(os.getppid())
    sweep = controller.ppid()

    def watch() -> None:
        with suppress(psutil.NoSuchProcess):
            while controller.is_running() and controller.ppid() == sweep:
                time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGUSR1)

    threading.Thread(target=watch, daemon=True).start()
