"""A pneumothorax is air without vessels between one lung and the wall, and no lung."""

import numpy as np
from scipy import ndimage


def gap_of(hard, plain):
    return plain["pneumothorax"].mask & ~hard["pneumothorax"].mask


def test_air_outside_the_lung(hard, plain):
    scan, gap = hard["pneumothorax"], gap_of(hard, plain)
    assert 250 < gap.sum() * scan.voxel_ml < 1500
    assert not (scan.mask & ~plain["pneumothorax"].mask).any()
    inside = ndimage.binary_erosion(gap, np.ones((1, 3, 3)))
    assert inside.sum() > 15
    assert -1005 < scan.hu[inside].mean() < -960


def test_of_one_side_and_in_front(hard, plain):
    gap, lung = gap_of(hard, plain).nonzero(), hard["pneumothorax"].mask.nonzero()
    assert gap[1].mean() < lung[1].mean() - 3
    middle = hard["pneumothorax"].hu.shape[2] / 2
    assert max((gap[2] < middle).mean(), (gap[2] > middle).mean()) > 0.97


def test_the_lung_of_that_side_is_denser(hard, plain):
    scan, without = hard["pneumothorax"], plain["pneumothorax"]
    core = ndimage.binary_erosion(scan.mask, iterations=2)
    denser = (scan.hu - without.hu)[core]
    columns = core.nonzero()[2]
    gap = gap_of(hard, plain).nonzero()[2].mean()
    same = (columns > core.shape[2] / 2) == (gap > core.shape[2] / 2)
    assert 60 < np.median(denser[same]) < 110
    assert abs(np.median(denser[~same])) < 5
