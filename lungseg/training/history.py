"""One row per epoch: to metrics.csv, to the loggers, and to the screen."""

from __future__ import annotations

import csv
import io
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from lungseg.files import write_text
from lungseg.training.leaks import NUMBERS
from lungseg.training.time_left import as_clock, seconds_left

log = logging.getLogger(__name__)

WORTH_SECONDS = 60.0
"""The screen says for how long a training will last if it is longer than this."""
TIMES = ("lr", "epoch_seconds", "slices_per_second")


class History(pl.Callback):
    """Collects one row at the end of each epoch, for all sets, and passes it on.

    A number that the epoch did not come to is absent, and blank in ``metrics.csv``. The rows are
    kept in checkpoints, so a resumed run's ``metrics.csv`` is complete.

    Args:
        file: ``metrics.csv`` of the run folder; written anew each epoch, in one step.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.rows: list[dict[str, float]] = []
        self._sets: list[str] = []
        self._start = self._trained = time.perf_counter()

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Log the epochs before a resume, for loggers are new."""
        order = ("train", "test", "val")
        self._sets = sorted(pl_module.sets, key=order.index)
        for row in self.rows:
            self._pass_on(trainer, row)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._start = self._trained = time.perf_counter()

    def on_train_batch_end(self, *args: Any) -> None:
        """Training lasts until its last batch; evaluation comes after."""
        self._trained = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Write the epoch's row."""
        seconds = time.perf_counter() - self._start
        results = pl_module.results("train")
        pl_module.log_dict(results, logger=False)
        # Numbers of earlier epochs are gone from here: see SegmentationModule.
        known = trainer.callback_metrics
        evaluated = {
            name: float(known[name])
            for name in self._columns()
            if name in known and name not in results
        }
        n_slices = len(pl_module.table("train"))
        row = {
            "epoch": trainer.current_epoch,
            **results,
            **evaluated,
            "lr": trainer.optimizers[0].param_groups[0]["lr"],
            "epoch_seconds": round(seconds, 3),
            "slices_per_second": round(n_slices / max(self._trained - self._start, 1e-9), 3),
        }
        self.rows.append(row)
        if trainer.is_global_zero:
            self._write()
            self._pass_on(trainer, row)
            sets = [name for name in self._sets if f"{name}/loss" in row]
            # Whoever watches the test set beside a validation set will choose by it.
            watched = [name for name in sets if name != "test"] if "val" in sets else sets
            log.info(_line(row, trainer.max_epochs, watched) + self._left(trainer))
            if watched != sets:
                log.debug(_line(row, trainer.max_epochs, ["test"]))

    def seconds_left(self, trainer: pl.Trainer, share: float | None = None) -> float | None:
        """Seconds that the epochs to come and the rest of this one will take; None if unknown.

        Args:
            trainer: With the number of epochs.
            share: Of this epoch that is done, by batches, from 0 to 1; None where it is complete.
        """
        to_come = (trainer.max_epochs or 0) - trainer.current_epoch - 1
        seconds = [row["epoch_seconds"] for row in self.rows]
        under_way = None if share is None else (time.perf_counter() - self._start, share)
        return seconds_left(seconds, max(to_come, 0), under_way=under_way)

    def _left(self, trainer: pl.Trainer) -> str:
        """What the line of an epoch says of those to come, if they are worth saying it."""
        left = self.seconds_left(trainer) or 0.0
        return f"  {as_clock(left)} left" if left >= WORTH_SECONDS else ""

    def _columns(self) -> list[str]:
        return [f"{name}/{number}" for name in self._sets for number in NUMBERS]

    def _pass_on(self, trainer: pl.Trainer, row: dict[str, float]) -> None:
        for logger in trainer.loggers:
            logger.log_metrics(row, step=int(row["epoch"]))
            logger.save()

    def _write(self) -> None:
        text = io.StringIO()
        # Rows of before a resume may have columns that this training has not.
        others = (name for row in self.rows for name in row if name not in TIMES)
        columns = dict.fromkeys(["epoch", *self._columns(), *others, *TIMES])
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.file, text.getvalue())

    def state_dict(self) -> dict[str, Any]:
        """The rows so far, and for how long the epoch under way has run and trained, in seconds."""
        now = time.perf_counter()
        return {"rows": self.rows, "clock": [now - self._start, self._trained - self._start]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the rows of the run that is resumed, and the time of an epoch in mid-way."""
        self.rows = list(state_dict["rows"])
        run, trained = state_dict.get("clock", [0.0, 0.0])
        self._start = time.perf_counter() - run
        self._trained = self._start + trained


def _line(row: dict[str, float], max_epochs: int | None, sets: Sequence[str]) -> str:
    parts = [
        f"{name} loss {row[f'{name}/loss']:+.4f} accuracy {row[f'{name}/accuracy']:.4f}"
        f" DSC {row[f'{name}/dsc']:.4f}"
        for name in sets
    ]
    done = f"epoch {row['epoch'] + 1:.0f}/{max_epochs}"
    return "  ".join([done, *parts, f"{row['epoch_seconds']:.0f} s"])
