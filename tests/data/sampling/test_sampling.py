"""What all samplings promise, and the order of all slices."""

from collections import Counter

import numpy as np
import pytest
from torch.utils.data import DistributedSampler

from lungseg.data.sampling.all import All
from lungseg.data.sampling.balanced import Balanced
from lungseg.data.sampling.foreground import Foreground
from lungseg.data.sampling.hard import Hard
from lungseg.data.sampling.sampling import TrainingSlices
from tests.data.sampling.slices import SIZES, some

SAMPLINGS = {"all": All(), "balanced": Balanced(), "foreground": Foreground(0.6), "hard": Hard()}


@pytest.mark.parametrize("name", SAMPLINGS)
def test_an_epoch_follows_from_seed_and_epoch_and_has_as_many_slices_of_each_size(name):
    sampling = SAMPLINGS[name]

    def order(epoch=0, seed=0):
        slices = some()
        slices.errors[:] = [k % 7 / 7 for k in range(len(slices))]
        return sampling.order(epoch, seed, slices)

    assert order() == order()
    assert order() != order(epoch=1)
    assert order() != order(seed=7)
    for epoch in range(3):
        assert Counter(SIZES[item] for item in order(epoch)) == Counter(SIZES)


def test_all_slices_come_in_the_order_of_torchs_sampler():
    slices = some()
    for seed, epoch in ((0, 0), (3, 4)):
        torchs = DistributedSampler(slices, num_replicas=1, rank=0, shuffle=True, seed=seed)
        torchs.set_epoch(epoch)
        assert All().order(epoch, seed, slices) == list(torchs)


def test_masks_are_not_counted_for_nothing():
    slices = some()
    slices._count = lambda: pytest.fail("counted")
    All().order(0, 0, slices)
    Hard().order(0, 0, slices)


def test_shares_are_of_the_masks_own_pixels_whatever_the_network_sees():
    seen, own = [(64, 64)] * 2, [(512, 512)] * 2
    slices = TrainingSlices(seen, lambda: np.array([1000, 8000]), own)
    np.testing.assert_allclose(slices.shares, [1000 / 512**2, 8000 / 512**2])
