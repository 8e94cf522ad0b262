"""Which epoch a training chooses."""

import csv

import pytest
import torch

from tests.conftest import Cli


@pytest.mark.slow
def test_the_best_epoch_by_dsc_is_the_best_of_those_evaluated(phantom_root, tmp_path):
    """With the monitor alone set, and numbers for every second epoch only."""
    done = Cli(tmp_path)(
        *("train", "data=lctsc", f"data.root={phantom_root}", "hydra.run.dir=run"),
        *("split=train_val_test", "split.test=4", "split.val=2", "trainer.max_epochs=5"),
        *("callbacks.checkpoint.monitor=val/dsc", "+trainer.check_val_every_n_epoch=2"),
        *("model.base_channels=4", "model.depth=2", "optimizer=adam", "optimizer.lr=0.01"),
        *("scheduler=plateau", "logger=none", "trainer.accelerator=cpu", "trainer.precision=32"),
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))
    evaluated = {int(row["epoch"]): row for row in rows if row["val/dsc"]}
    assert list(evaluated) == [1, 3]
    assert [bool(row["test/loss"]) for row in rows] == [False, True, False, True, False]
    chosen = max(evaluated, key=lambda epoch: float(evaluated[epoch]["val/dsc"]))
    best = torch.load(tmp_path / "run" / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["epoch"] == chosen
    assert "UserWarning" not in done.stderr
    assert (tmp_path / "run" / "evaluation" / "figures" / "fig01_training.png").is_file()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["callbacks.checkpoint.monitor=val/dsc", "callbacks.checkpoint.mode=min"],
            "callbacks.checkpoint.mode=min: val/dsc is better the higher it is, so this must be max",
        ),
        (["callbacks.checkpoint.mode=best"], "val/loss is better the lower it is"),
        (["scheduler=plateau", "scheduler.scheduler.mode=max"], "scheduler.scheduler.mode=max"),
    ],
)
def test_a_mode_that_would_choose_the_worst_is_refused(overrides, message, refused):
    assert message in refused("train", *overrides)
