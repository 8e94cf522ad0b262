"""Averages of the weights along a training: what EMA and SWA share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging


class Averaging(WeightAveraging):
    """Lightning's averaging, with what it leaves out.

    Validation, checkpoints and whatever follows the training use the averaged weights. A
    checkpoint has them as ``state_dict``, where evaluation, prediction and export look, and the
    weights that are trained as ``current_model_state``, from which a run resumes.

    Lightning keeps the average where, and in the precision in which, the module is before the
    training moves and converts it, uses the initial weights until the average begins, and leaves
    the trained weights where a run that is already complete is resumed.
    """

    _evaluated = False

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Make the average, in the precision of the training."""
        super().setup(trainer, pl_module, stage)
        if self._average_model is not None:
            trainer.precision_plugin.convert_module(self._average_model.module)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move the average to the device of the training: a copy in every step would be slow."""
        assert self._average_model is not None
        # The count stays on the CPU, where reading it does not wait for the device.
        self._average_model.module.to(pl_module.device)

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Use the average."""
        self._follow_until_begun(pl_module)
        super().on_validation_epoch_start(trainer, pl_module)
        self._evaluated = True

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Use the trained weights again."""
        self._evaluated = False
        super().on_validation_epoch_end(trainer, pl_module)

    @contextmanager
    def trained_weights(self, pl_module: pl.LightningModule) -> Iterator[None]:
        """With the trained weights in the module, also while the average is evaluated."""
        if not self._evaluated:
            yield
            return
        self._swap_models(pl_module)
        try:
            yield
        finally:
            self._swap_models(pl_module)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Save both."""
        self._follow_until_begun(pl_module)
        super().on_save_checkpoint(trainer, pl_module, checkpoint)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Wait for :meth:`on_fit_end`, which is also called where nothing is left to train."""

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the average in the module."""
        assert self._average_model is not None
        self._follow_until_begun(pl_module)
        pl_module.load_state_dict(self._average_model.module.state_dict())

    def _follow_until_begun(self, pl_module: pl.LightningModule) -> None:
        if self._average_model is not None and self._average_model.n_averaged == 0:
            self._average_model.module.load_state_dict(pl_module.state_dict())
