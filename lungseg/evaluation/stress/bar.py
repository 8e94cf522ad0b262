"""A progress bar that says which pass of how many is running."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from lungseg.training.progress import EpochBar


class PassBar(EpochBar):
    """As the bar of an evaluation, under the pass's own name.

    Args:
        text: Shown before the bar.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def on_test_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count batches."""
        self._start(trainer, self._text, sum(trainer.num_test_batches))
