"""A training that early stopping has ended is complete."""

from __future__ import annotations

from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks.early_stopping import EarlyStoppingReason


class StayStopped(Callback):
    """Trains no further epoch when such a run is resumed, where Lightning would train one more."""

    def __init__(self) -> None:
        self._stopped = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop where the checkpoint says that the training was stopped."""
        self._stopped = any(
            callback.stopping_reason is not EarlyStoppingReason.NOT_STOPPED
            for callback in trainer.early_stopping_callbacks
        )
        trainer.should_stop |= self._stopped

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the last epoch, as Lightning does where it has trained them all."""
        if self._stopped:
            progress: Any = trainer.fit_loop.epoch_progress.current
            progress.completed = progress.processed
