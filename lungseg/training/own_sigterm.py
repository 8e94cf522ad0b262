"""SIGTERM ends a training by this program's own handler, also on several devices."""

from __future__ import annotations

import os
import signal
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer


class OwnSigterm(Callback):
    """Puts back the handler of SIGTERM that Lightning replaces when it fits.

    Lightning's handler broadcasts to the other processes, whatever operation of all processes it
    interrupts, so that they wait for each other for ever. The handler from before raises
    KeyboardInterrupt in the first process, and Lightning then ends the others. Under Slurm, where
    Lightning's handler may requeue the job, it stays.
    """

    def __init__(self) -> None:
        self._before: Any = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Keep the handler; Lightning sets its own after this."""
        self._before = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put it back; Lightning does so too when it has fitted."""
        if callable(self._before) and "SLURM_JOB_ID" not in os.environ:
            signal.signal(signal.SIGTERM, self._before)
