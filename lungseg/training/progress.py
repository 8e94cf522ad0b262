"""A progress bar for people, and silence for logs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl

from lungseg.training.time_left import as_clock

if TYPE_CHECKING:
    from rich.progress import Progress


class EpochBar(pl.Callback):
    """One bar at a time, on a terminal only; it is gone when the epoch's line is printed.

    It says how long the bar and, in a training, all epochs to come will take.
    """

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def on_train_batch_start(
        self, trainer: pl.Trainer, module: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count training batches, also of an epoch that is resumed in its middle."""
        if self._progress is None:
            epoch = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
            total = trainer.num_training_batches
            self._start(trainer, f"{epoch}: training", total, done=batch_idx)

    def on_validation_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count batches of the sets that are evaluated after the epoch."""
        self._start(trainer, "evaluating", sum(trainer.num_val_batches))

    def on_test_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Count batches of the final pass over all sets."""
        self._start(trainer, "evaluating all sets", sum(trainer.num_test_batches))

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """One more."""
        self._advance(trainer)

    def on_validation_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """One more."""
        self._advance(trainer)

    def on_test_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """One more."""
        self._advance(trainer)

    def on_train_epoch_end(self, *_: Any) -> None:
        """Clear the line."""
        self._stop()

    def on_test_epoch_end(self, *_: Any) -> None:
        """Clear the line."""
        self._stop()

    def on_exception(self, *_: Any) -> None:
        """Clear the line for the error."""
        self._stop()

    def _start(self, trainer: pl.Trainer, text: str, total: float, done: int = 0) -> None:
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
            "{task.fields[left]}",
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=4,
        )
        self._progress.add_task(text, total=total, completed=done, left="")
        self._progress.start()

    def _advance(self, trainer: pl.Trainer) -> None:
        if self._progress is not None:
            left = _left(trainer)
            self._progress.update(self._progress.task_ids[0], advance=1, left=left)

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _left(trainer: pl.Trainer) -> str:
    """For how long the training will last; empty outside of one, and where nothing is known."""
    from lungseg.training.history import History

    histories = [one for one in trainer.callbacks if isinstance(one, History)]  # type: ignore[attr-defined]
    if not histories or trainer.testing:
        return ""
    batches = trainer.num_training_batches + sum(trainer.num_val_batches)
    loop: Any = trainer.fit_loop.epoch_loop
    done = loop.batch_progress.current.processed
    if trainer.validating:
        done += loop.val_loop.batch_progress.current.processed
    left = histories[0].seconds_left(trainer, done / max(batches, 1))
    return "" if left is None else f"all epochs: {as_clock(left)} left"
