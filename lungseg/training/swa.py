"""The plain mean of the weights after each of the last epochs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from lungseg.arguments.training import check_swa
from lungseg.errors import ConfigError
from lungseg.training.averaging import Averaging
from lungseg.training.batch_norm import estimate_statistics


class SWA(Averaging):
    """Averages the weights that the epochs end with, all alike.

    Until then the trained weights are evaluated. The statistics of batch norm are none of any of
    the averaged networks: after each averaged epoch they are estimated anew, in one more pass over
    the training slices (Izmailov et al., arXiv:1803.05407). The learning rate is that of the
    schedule.

    Args:
        start_epoch: The first epoch, counted from 0, whose weights are averaged.

    Raises:
        ValueError: If the epoch is not a whole number of at least 0.
    """

    def __init__(self, start_epoch: int) -> None:
        check_swa(start_epoch)
        super().__init__(use_buffers=False)
        self._start = start_epoch

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Make the average, before the training.

        Raises:
            ConfigError: If the training ends before anything is averaged.
        """
        epochs = trainer.max_epochs
        if epochs is not None and 0 <= epochs <= self._start:
            raise ConfigError(
                f"callbacks.swa.start_epoch={self._start}: the training ends before anything is"
                f" averaged; with trainer.max_epochs={epochs} it must be {epochs - 1} or less"
            )
        super().setup(trainer, pl_module, stage)

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Never by itself: at the end of an epoch Lightning would average after the validation."""
        return False

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """After the last step of an epoch, take its weights in."""
        if not trainer.is_last_batch or trainer.current_epoch < self._start:
            return
        assert self._average_model is not None
        self._average_model.update_parameters(pl_module)
        # In the module that is trained, whose layers share their batches with other processes.
        self._swap_models(pl_module)
        with trainer.precision_plugin.forward_context():
            estimate_statistics(pl_module, _images(trainer))
        self._swap_models(pl_module)


def _images(trainer: pl.Trainer) -> Iterator[Tensor]:
    """Network input of the training slices, in the batches of this epoch."""
    for batch in trainer.datamodule.train_dataloader():  # type: ignore[attr-defined]
        yield trainer.strategy.batch_to_device(batch, dataloader_idx=0)["image"]
