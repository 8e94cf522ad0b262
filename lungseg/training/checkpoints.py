"""Which weights a run keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


def checkpoints(*, dirpath: Path, monitor: str, mode: str, select: bool) -> list[ModelCheckpoint]:
    """``last.ckpt`` after every epoch, and ``best.ckpt`` where there is a set to choose by.

    Two callbacks, since Lightning's ``save_last`` leaves out the epochs that are not the best.

    Args:
        dirpath: Folder of the checkpoints.
        monitor: What the best is chosen by.
        mode: ``min`` or ``max``.
        select: Whether there is a set to choose by; otherwise only the last is kept.
    """
    last = ModelCheckpoint(filename="last", **_settings(dirpath))
    if not select:
        return [last]
    best = BestCheckpoint(filename="best", monitor=monitor, mode=mode, **_settings(dirpath))
    # The last comes last: its file includes the state of the choice of the best.
    return [best, last]


class BestCheckpoint(ModelCheckpoint):
    """Passes over epochs that were not evaluated, where Lightning would stop with an error."""

    @property
    def state_key(self) -> str:
        """Lightning's own key, which checkpoints of earlier versions have."""
        own, lightnings = type(self).__qualname__, ModelCheckpoint.__qualname__
        return super().state_key.replace(own, lightnings, 1)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, if the epoch has a number and it is the best so far."""
        if self.monitor in trainer.callback_metrics:
            super().on_train_epoch_end(trainer, pl_module)


def _settings(dirpath: Path) -> dict[str, Any]:
    return {
        "dirpath": dirpath,
        "save_top_k": 1,
        "auto_insert_metric_name": False,
        "enable_version_counter": False,
        # After the epoch's row and the scheduler's step, so that a resumed run has both.
        "save_on_train_epoch_end": True,
    }
