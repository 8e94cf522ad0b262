"""A progress bar for people, and silence for logs."""

from __future__ import annotations

import sys
from typing import Any

from pytorch_lightning.callbacks import TQDMProgressBar
from pytorch_lightning.callbacks.progress.tqdm_progress import Tqdm


class EpochBar(TQDMProgressBar):
    """One bar an epoch, on a terminal only; it leaves when the epoch's line is printed."""

    def __init__(self) -> None:
        super().__init__(refresh_rate=1 if sys.stderr.isatty() else 0)

    def init_train_tqdm(self) -> Tqdm:
        """The bar of a training epoch."""
        bar = super().init_train_tqdm()
        bar.leave = False
        return bar

    def get_metrics(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """No numbers beside the bar: the epoch's line has them, exactly."""
        return {}
