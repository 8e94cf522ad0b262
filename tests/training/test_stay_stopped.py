"""Early stopping in a run that is resumed."""

import pytest
import torch
from pytorch_lightning.callbacks import EarlyStopping

from lungseg.training.stay_stopped import StayStopped
from tests.training import test_module as trainings
from tests.training.resuming import make
from tests.training.test_module import KillAt, Killed, weights

cohort, split = trainings.cohort, trainings.split  # fixtures


def stopping():
    # Nothing improves by so much: patience runs out after the second epoch.
    never = EarlyStopping(
        "val/loss", min_delta=1e9, patience=2, check_on_train_epoch_end=True, strict=False
    )
    return never, StayStopped()


def test_early_stopping_counts_on_and_a_stopped_run_stays_stopped(cohort, split, tmp_path):
    trainer, module, data, _ = make(cohort, split, tmp_path, *stopping(), KillAt(2), epochs=9)
    with pytest.raises(Killed):
        trainer.fit(module, data)
    last = tmp_path / "checkpoints" / "last.ckpt"
    rows, ends = [], []
    for _ in range(2):
        trainer, module, data, history = make(cohort, split, tmp_path, *stopping(), epochs=9)
        trainer.fit(module, data, ckpt_path=last, weights_only=True)
        rows.append(len(history.rows))
        ends.append(weights(module))
        assert trainer.current_epoch == 3
    assert rows == [3, 3]
    assert all(torch.equal(ends[0][name], value) for name, value in ends[1].items())
