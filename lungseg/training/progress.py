"""A progress bar for people, and silence for logs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl

if TYPE_CHECKING:
    from rich.progress import Progress


class EpochBar(pl.Callback):
    """One bar at a time, on a terminal only; it is gone when the epoch's line is printed."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def on_train_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count training batches."""
        epoch = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
        self._start(trainer, f"{epoch}: training", trainer.num_training_batches)

    def on_validation_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count batches of the sets that are evaluated after the epoch."""
        self._start(trainer, "evaluating", sum(trainer.num_val_batches))

    def on_test_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count batches of the final pass over all sets."""
        self._start(trainer, "evaluating all sets", sum(trainer.num_test_batches))

    def on_train_batch_end(self, *_: Any) -> None:
        """One more."""
        self._advance()

    def on_validation_batch_end(self, *_: Any) -> None:
        """One more."""
        self._advance()

    def on_test_batch_end(self, *_: Any) -> None:
        """One more."""
        self._advance()

    def on_train_epoch_end(self, *_: Any) -> None:
        """Clear the line."""
        self._stop()

    def on_test_epoch_end(self, *_: Any) -> None:
        """Clear the line."""
        self._stop()

    def on_exception(self, *_: Any) -> None:
        """Clear the line for the error."""
        self._stop()

    def _start(self, trainer: pl.Trainer, text: str, total: float) -> None:
        self._stop()
        if not (sys.stderr.isatty() and trainer.is_global_zero):
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self._progress = Progress(
            "{task.description}",
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=4,
        )
        self._progress.add_task(text, total=total)
        self._progress.start()

    def _advance(self) -> None:
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[0])

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
