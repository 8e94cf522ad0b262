"""Hands the numbers of an epoch's steps to a sampling that follows them."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl


class SliceErrors(pl.Callback):
    """After each epoch; the data module keeps them in checkpoints."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Before the checkpoint is written."""
        trainer.datamodule.keep_errors(pl_module.table("train"))  # type: ignore[attr-defined]
