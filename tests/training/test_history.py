"""An epoch's row says what that epoch came to, and nothing of another."""

import csv
import logging
import math
import time
from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from torch import nn

from lungseg.losses import BCELoss
from lungseg.search.prune import Pruning, Trial
from lungseg.training.checkpoints import checkpoints
from lungseg.training.history import History
from lungseg.training.module import SegmentationModule

SETS = ["train", "val", "test"]
N_BATCHES = 4


class Slices(torch.utils.data.Dataset):
    """Eight tiny slices of two cases."""

    def __len__(self):
        return 2 * N_BATCHES

    def __getitem__(self, item):
        image = torch.linspace(-1, 1, 16).reshape(1, 4, 4) + 0.1 * item
        return {"image": image, "mask": (image > 0).to(torch.uint8), "case": item % 2, "z": item}


class Rows(pl.loggers.logger.DummyLogger):
    """A logger that keeps what it is given."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def log_metrics(self, metrics, step=None):
        if "epoch_seconds" in metrics:  # the history's rows, not Lightning's own
            self.rows.append(dict(metrics))


class Seen(pl.Callback):
    """What a callback that watches a number finds at the end of each epoch."""

    def __init__(self):
        self.epochs = []

    def on_train_epoch_end(self, trainer, module):
        known = trainer.callback_metrics
        self.epochs.append({name for name in known if name.split("/")[0] in SETS})


class RecordedPruning(Pruning):
    """Reports to a list in place of a study."""

    def __init__(self):
        super().__init__(Trial(None, "", "", 0, "val/dsc", "median", 0, 0))
        self.reported = []
        self._id, self._pruner, self._study = 0, self, None
        self._storage = self

    def on_fit_start(self, trainer, module): ...

    def _close(self): ...

    def set_trial_intermediate_value(self, trial, step, value):
        self.reported.append(step)

    def get_trial(self, trial): ...

    def prune(self, study, trial):
        return False


def train(folder, *, epochs=4, scheduler=None, callbacks=(), logger=None, resume=None, **settings):
    torch.manual_seed(0)
    module = SegmentationModule(
        nn.Conv2d(1, 1, 1),
        BCELoss(),
        partial(torch.optim.SGD, lr=0.5),
        scheduler,
        sets=SETS,
        record={"seed": 0},
    )
    history = History(folder / "metrics.csv")
    kept = checkpoints(dirpath=folder, monitor="val/loss", mode="min", select=True)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=logger or False,
        callbacks=[history, *callbacks, *kept],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **settings,
    )
    loader = partial(torch.utils.data.DataLoader, Slices(), batch_size=2)
    trainer.fit(module, loader(), [loader(), loader()], ckpt_path=resume, weights_only=True)
    return trainer, history


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def evaluated(folder):
    """Epochs with a test number, and those with a validation number."""
    return tuple(
        [int(row["epoch"]) for row in rows(folder) if row[f"{name}/dsc"]]
        for name in ("test", "val")
    )


@pytest.mark.parametrize(
    ("settings", "epochs"),
    [
        ({}, [0, 1, 2, 3]),
        ({"check_val_every_n_epoch": 2}, [1, 3]),
        ({"check_val_every_n_epoch": 3}, [2]),
        ({"limit_val_batches": 0}, []),
        ({"val_check_interval": 0.5}, [0, 1, 2, 3]),
        # In the middle of an epoch: training goes on, so at its end there is no number.
        ({"val_check_interval": 0.75}, []),
        ({"val_check_interval": 6, "check_val_every_n_epoch": None}, [2]),
    ],
)
def test_an_epoch_that_was_not_evaluated_has_no_numbers(settings, epochs, tmp_path, caplog):
    caplog.set_level(logging.INFO, "lungseg")
    logger, seen, pruning = Rows(), Seen(), RecordedPruning()
    train(tmp_path, callbacks=[seen, pruning], logger=logger, **settings)
    assert evaluated(tmp_path) == (epochs, epochs)
    for k, row in enumerate(rows(tmp_path)):
        there = {name for name, value in row.items() if value}
        assert ("test/loss" in there) == (k in epochs)
        assert set(logger.rows[k]) == there
        assert {name for name in there if "/" in name} == seen.epochs[k]
    assert pruning.reported == [epoch + 1 for epoch in epochs]
    lines = [record.message for record in caplog.records if record.message.startswith("epoch ")]
    assert ["val" in line for line in lines] == [k in epochs for k in range(4)]
    # Whoever watches the test set beside a validation set will choose by it.
    assert not any("test" in line for line in lines)
    # The columns are those of the contract whether or not there are numbers.
    assert list(rows(tmp_path)[0])[:10] == [
        "epoch",
        *(
            f"{name}/{what}"
            for name in ("train", "test", "val")
            for what in ("loss", "accuracy", "dsc")
        ),
    ]


def test_numbers_are_those_of_the_epochs_last_weights(tmp_path):
    """Evaluated each epoch or every second one, an evaluated epoch has the same numbers."""
    for name, every in (("each", 1), ("second", 2)):
        (tmp_path / name).mkdir()
        train(tmp_path / name, check_val_every_n_epoch=every)
    each, second = rows(tmp_path / "each"), rows(tmp_path / "second")
    for k in (1, 3):
        assert second[k]["test/loss"] == each[k]["test/loss"]
    assert each[0]["test/loss"] != each[1]["test/loss"]


def test_best_is_chosen_among_evaluated_epochs(tmp_path):
    train(tmp_path, check_val_every_n_epoch=3)
    best = torch.load(tmp_path / "best.ckpt", weights_only=True)
    assert best["epoch"] == 2
    last = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert last["epoch"] == 3


def test_early_stopping_counts_evaluated_epochs(tmp_path):
    """As conf/callbacks/early_stopping.yaml has it; nothing ever improves by so much."""
    stopping = EarlyStopping(
        "val/loss", patience=2, min_delta=1e9, check_on_train_epoch_end=True, strict=False
    )
    trainer, _ = train(tmp_path, epochs=20, callbacks=[stopping], check_val_every_n_epoch=2)
    # The first evaluated epoch sets the mark, two more do not reach it.
    assert stopping.stopped_epoch == 5
    assert trainer.current_epoch == 6


def test_plateau_waits_for_evaluated_epochs(tmp_path):
    factory = partial(torch.optim.lr_scheduler.ReduceLROnPlateau, patience=0, threshold=1e9)
    scheduler = {"scheduler": factory, "interval": "epoch", "monitor": "val/loss"}
    train(tmp_path, epochs=6, scheduler=scheduler, check_val_every_n_epoch=2)
    rates = [float(row["lr"]) for row in rows(tmp_path)]
    # A row has the rate that its epoch was trained with.
    assert np.allclose(rates, [0.5, 0.5, 0.05, 0.05, 0.005, 0.005])


def test_a_resumed_run_has_the_rows_of_both_parts(tmp_path):
    logger = Rows()
    train(tmp_path, epochs=2, check_val_every_n_epoch=2)
    train(
        tmp_path,
        epochs=4,
        check_val_every_n_epoch=2,
        resume=tmp_path / "last.ckpt",
        logger=logger,
    )
    assert [row["epoch"] for row in rows(tmp_path)] == ["0", "1", "2", "3"]
    assert evaluated(tmp_path) == ([1, 3], [1, 3])
    assert [row["epoch"] for row in logger.rows] == [0, 1, 2, 3]


def test_rows_of_a_set_that_is_gone_stay(tmp_path):
    history = History(tmp_path / "metrics.csv")
    history.load_state_dict({"rows": [{"epoch": 0, "old/loss": 1.0, "lr": 0.1}]})
    history._sets = ["train", "test"]
    history._write()
    (row,) = rows(tmp_path)
    assert row["old/loss"] == "1.0"
    assert list(row)[-3:] == ["lr", "epoch_seconds", "slices_per_second"]


def test_an_undefined_number_is_not_a_missing_one(tmp_path):
    history = History(tmp_path / "metrics.csv")
    history.rows = [{"epoch": 0, "train/dsc": math.nan}]
    history._sets = ["train"]
    history._write()
    (row,) = rows(tmp_path)
    assert (row["train/dsc"], row["train/loss"]) == ("nan", "")


@pytest.mark.parametrize(("seconds", "said"), [(10.0, ""), (100.0, "  0:05:00 left")])
def test_the_line_of_an_epoch_says_how_long_the_others_will_last(
    seconds, said, tmp_path, caplog, monkeypatch
):
    """Where they take more than a minute."""
    monkeypatch.setattr(
        "lungseg.training.history.seconds_left", lambda epochs, n, under_way: n * seconds
    )
    with caplog.at_level(logging.INFO, "lungseg"):
        train(tmp_path, epochs=4)
    lines = [record.message for record in caplog.records if record.name.startswith("lungseg")]
    assert lines[0].endswith(f"0 s{said}")
    assert not lines[-1].endswith("left")


def test_the_time_of_an_epoch_that_is_resumed_in_its_middle_is_that_of_both_parts(tmp_path):
    before, after = History(tmp_path / "metrics.csv"), History(tmp_path / "metrics.csv")
    before._start -= 100.0
    after.load_state_dict(before.state_dict())
    assert time.perf_counter() - after._start == pytest.approx(100.0, abs=5.0)
