"""Samplings along a training: repeats are counted, hard slices follow the errors, runs resume."""

from collections import Counter

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from lungseg.data.sampling.balanced import Balanced
from lungseg.data.sampling.hard import Hard
from lungseg.training.slice_errors import SliceErrors
from tests.training import test_module as trainings
from tests.training.test_module import KillAt, Killed, weights

cohort, split = trainings.cohort, trainings.split  # fixtures


class Seen(pl.Callback):
    """Keeps the slices of each epoch."""

    def __init__(self):
        self.epochs, self.tables = [], []

    def on_train_epoch_start(self, trainer, module):
        self.epochs.append([])

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        keys = zip(batch["case"].tolist(), batch["z"].tolist(), strict=True)
        self.epochs[-1] += keys

    def on_train_epoch_end(self, trainer, module):
        self.tables.append(module.table("train"))


def make(cohort, split, folder, sampling, *callbacks, workers=0):
    folder.mkdir(exist_ok=True)
    callbacks = (SliceErrors(), *callbacks)
    made = trainings.make(cohort, split, folder, callbacks=callbacks, workers=workers)
    made[2]._sampling = sampling
    return made


@pytest.mark.parametrize("workers", [0, 1])
def test_hard_slices_follow_the_last_epochs_and_resume(cohort, split, workers, tmp_path):
    seen = Seen()
    trainer, module, data, _ = make(
        cohort, split, tmp_path / "whole", Hard(0.2), seen, workers=workers
    )
    trainer.fit(module, data)
    unbroken = weights(module)
    n = len(data.datasets["train"])
    error = {}
    for epoch, keys in enumerate(seen.epochs):
        assert len(keys) == n
        twice = {key for key, times in Counter(keys).items() if times == 2}
        if epoch:
            hardest = sorted(error, key=lambda key: -error[key])[: int(0.2 * n)]
            assert twice == set(hardest)
        rows = {}
        for case, z, tp, fp, fn, _ in seen.tables[epoch].tolist():
            rows.setdefault((case, z), []).append((fp + fn) / (2 * tp + fp + fn + 32 * 32e-4))
        error |= {key: np.mean(values) for key, values in rows.items()}

    folder = tmp_path / "broken"
    trainer, module, data, _ = make(cohort, split, folder, Hard(0.2), KillAt(epoch=2))
    with pytest.raises(Killed):
        trainer.fit(module, data)
    trainer, module, data, _ = make(cohort, split, folder, Hard(0.2), again := Seen())
    last = folder / "checkpoints" / "last.ckpt"
    trainer.fit(module, data, ckpt_path=last, weights_only=True)
    assert again.epochs == seen.epochs[2:]
    assert all(torch.equal(unbroken[name], value) for name, value in weights(module).items())


def test_a_slice_counts_as_often_as_it_was_shown(cohort, split, tmp_path):
    seen = Seen()
    trainer, module, data, history = make(cohort, split, tmp_path, Balanced(0.05), seen)
    trainer.fit(module, data)
    masks = {key: int(sample["mask"].sum()) for key, sample in zip(
        data.datasets["train"].index, data.datasets["train"], strict=True)}  # fmt: skip
    for keys, table in zip(seen.epochs, seen.tables, strict=True):
        assert [tuple(row) for row in table[:, :2].tolist()] == sorted(keys)
        assert len(set(keys)) < len(keys) == len(masks)
        kinds = Counter(np.digitize(masks[key], [1, 0.05 * 32 * 32]).item() for key in keys)
        assert max(kinds.values()) - min(kinds.values()) <= 1 < len(kinds)
    tp, fp, fn = seen.tables[-1].T[2:5]
    some = tp + fn > 0
    assert history.rows[-1]["train/dsc"] == pytest.approx(
        (2 * tp[some] / (2 * tp + fp + fn)[some]).mean()
    )
    # Beside the place, nothing is kept that the order does not follow.
    checkpoint = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert set(checkpoint["SliceDataModule"]) == {"epoch", "batches"}
