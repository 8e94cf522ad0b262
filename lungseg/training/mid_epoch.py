"""A checkpoint in the middle of an epoch, from which the epoch resumes."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from lungseg.data.datamodule import place_of
from lungseg.errors import describe
from lungseg.training.averaging import Averaging

log = logging.getLogger(__name__)

SO_FAR = "train_so_far"
"""Key under which such a checkpoint keeps the counts of the epoch's own steps."""


class MidEpoch(pl.Callback):
    """Writes ``last.ckpt`` between two steps, or while an epoch is evaluated, when it is asked to.

    Lightning resumes an epoch by its own counts of batches. To these come the counts behind
    ``train/…``, and the batches that the data module leaves out. The evaluation of an epoch is
    done anew, all of it.

    Args:
        file: ``last.ckpt`` of the run.

    Attributes:
        saved: Complete epochs and batches of the next in the last such checkpoint, written here or
            resumed from; None if there was none.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.saved: tuple[int, int] | None = None
        self._saving = False

    def save(self, trainer: pl.Trainer) -> None:
        """Write the checkpoint; where that fails, the one of the last complete epoch stays."""
        with ExitStack() as stack:
            for callback in trainer.callbacks:  # type: ignore[attr-defined]
                if isinstance(callback, Averaging):
                    stack.enter_context(callback.trained_weights(trainer.lightning_module))
            self._saving = True
            try:
                trainer.save_checkpoint(self.file, weights_only=False)
            except OSError as error:
                log.warning(f"no checkpoint in mid-epoch: {describe(error, in_log=True)}")
            else:
                self.saved = place_of(trainer)
            finally:
                self._saving = False

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        """Add the counts, and say where to resume."""
        if not self._saving:
            return
        checkpoint["epoch"] -= 1  # the last that is complete
        checkpoint[SO_FAR] = pl_module.train_so_far()
        progress = checkpoint["loops"]["fit_loop"]
        batches = progress["epoch_loop.batch_progress"]
        for counts in (batches["total"], batches["current"]):
            counts["completed"] = counts["processed"]
        # If the evaluation is due at this batch, it will begin; otherwise Lightning ignores this.
        begun = {"ready": 1, "started": 1, "processed": 0, "completed": 0}
        evaluation = {"total": begun, "current": begun, "is_last_batch": False}
        progress["epoch_loop.val_loop.batch_progress"] = evaluation

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]
    ) -> None:
        """Take the counts over, and note where they stand."""
        if SO_FAR in checkpoint:
            pl_module.resume_train(checkpoint[SO_FAR])
            place = checkpoint["SliceDataModule"]
            self.saved = place["epoch"], place["batches"]
