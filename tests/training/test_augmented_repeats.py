"""A slice that a sampling repeats in an epoch is augmented anew each time, and runs resume."""

from collections import defaultdict

import pytest
import torch

from lungseg.augment.augment import Augment
from lungseg.augment.noise import Noise
from lungseg.data.sampling.balanced import Balanced
from tests.training import test_module as trainings
from tests.training.test_module import KillAt, Killed, weights

cohort, split = trainings.cohort, trainings.split  # fixtures


class Keys(Augment):
    """Keeps the keys of each batch."""

    def __init__(self):
        super().__init__([Noise(p=1)])
        self.batches = []

    def __call__(self, image, mask, keys, *arguments, **settings):
        self.batches.append(keys)
        return super().__call__(image, mask, keys, *arguments, **settings)


def make(cohort, split, folder, *callbacks):
    folder.mkdir(exist_ok=True)
    trainer, module, data, _ = trainings.make(cohort, split, folder, callbacks=callbacks)
    data._sampling, data._augment = Balanced(0.05), Keys()
    return trainer, module, data


def test_repeats_differ_and_a_resumed_run_has_the_same(cohort, split, tmp_path):
    trainer, module, data = make(cohort, split, tmp_path / "whole")
    trainer.fit(module, data)
    unbroken, whole = weights(module), data._augment.batches
    keys = defaultdict(list)  # by epoch and slice, of each batch that has it
    for batch in whole:
        for seed, epoch, number, case, z in set(batch):
            keys[epoch, case, z].append((seed, number))
    assert any(len(of_slice) > 1 for of_slice in keys.values())
    assert all(len(set(of_slice)) == len(of_slice) for of_slice in keys.values())
    per_epoch = len(whole) // 3
    assert [batch[0][2] for batch in whole] == [*range(per_epoch)] * 3

    folder = tmp_path / "broken"
    trainer, module, data = make(cohort, split, folder, KillAt(epoch=2))
    with pytest.raises(Killed):
        trainer.fit(module, data)
    trainer, module, data = make(cohort, split, folder)
    last = folder / "checkpoints" / "last.ckpt"
    trainer.fit(module, data, ckpt_path=last, weights_only=True)
    assert data._augment.batches == whole[2 * per_epoch :]
    assert all(torch.equal(unbroken[name], value) for name, value in weights(module).items())
