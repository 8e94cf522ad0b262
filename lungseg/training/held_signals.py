"""A signal that comes while Lightning trains waits for a checkpoint."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from lungseg.data.workers import SIGNALS
from lungseg.training.mid_epoch import MidEpoch


class HeldSignals(Callback):
    """Holds a signal until the step is done and ``last.ckpt`` has it; then hands it on.

    Whoever handled the signal before the training then does what he does: this program raises
    KeyboardInterrupt, submitit requeues the job. If he returns, the training goes on. Ctrl-C a
    second time is handed on at once. Lightning's own handlers are put aside: that of SIGTERM
    broadcasts to other processes whatever operation of all processes it interrupts, and that of
    SIGUSR1 under Slurm requeues into a new folder.

    Args:
        mid_epoch: Writes the checkpoint; None where the run keeps none: nothing is held. Nor is it
            on several devices, whose processes are not in the same step.
    """

    def __init__(self, mid_epoch: MidEpoch | None) -> None:
        self._mid_epoch = mid_epoch
        self._before: dict[signal.Signals, Any] = {}
        self._came: signal.Signals | None = None
        self._process = os.getpid()

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Keep the handlers; Lightning sets its own after this."""
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        self._process = os.getpid()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the place of the handlers."""
        if threading.current_thread() is not threading.main_thread():
            return  # which alone may set them
        holds = self._mid_epoch is not None and trainer.world_size == 1
        for number, before in self._before.items():
            if before is not None:  # not set by Python
                signal.signal(number, self._hold if holds and callable(before) else before)

    def _hold(self, number: int, frame: Any) -> None:
        impatient = number == signal.SIGINT and self._came is not None
        if os.getpid() != self._process or impatient:
            self._before[signal.Signals(number)](number, frame)
        elif self._came is None:
            self._came = signal.Signals(number)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Hand a signal on: the epoch before is in its checkpoint."""
        self._hand_on()

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Save and hand on, unless gradients are being accumulated, which no checkpoint has."""
        if self._came is not None and not trainer.fit_loop._should_accumulate():
            self._save(trainer)
            self._hand_on()

    def on_validation_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Save and hand on likewise; the evaluation will begin anew."""
        if self._came is not None and not trainer.fit_loop._should_accumulate():
            self._save(trainer)
            self._hand_on()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Hand a signal on that came in the last moments, and those to come."""
        self._put_back()
        self._hand_on()

    def on_exception(self, *_: Any) -> None:
        """Hand on what is held, which else nobody would; what comes later is handed on at once."""
        self._put_back()
        self._hand_on()

    def _put_back(self) -> None:
        for number, before in self._before.items():
            if signal.getsignal(number) == self._hold:
                signal.signal(number, before)

    def _save(self, trainer: Trainer) -> None:
        assert self._mid_epoch is not None
        self._mid_epoch.save(trainer)

    def _hand_on(self) -> None:
        number, self._came = self._came, None
        if number is not None:
            self._before[number](number, None)
