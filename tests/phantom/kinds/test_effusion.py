"""An effusion is fluid where there was lung, at the back of one side, and no lung."""

import numpy as np
from scipy import ndimage


def test_fluid(hard, plain):
    scan, without = hard["effusion"], plain["effusion"]
    fluid = without.mask & ~scan.mask
    assert 200 < fluid.sum() * scan.voxel_ml < 1200
    assert not (scan.mask & ~without.mask).any()
    inside = ndimage.binary_erosion(fluid)
    assert -5 < scan.hu[inside].mean() < 25
    assert without.hu[inside].mean() < -600


def test_at_the_back_and_the_base_of_one_side(hard, plain):
    scan, without = hard["effusion"], plain["effusion"]
    fluid = (without.mask & ~scan.mask).nonzero()
    lung = scan.mask.nonzero()
    assert fluid[0].mean() < lung[0].mean()
    assert fluid[1].mean() > lung[1].mean() + 2
    middle = scan.hu.shape[2] / 2
    beside = np.array([(fluid[2] < middle).mean(), (fluid[2] > middle).mean()])
    assert beside.max() > 0.97


def test_lung_beside_the_fluid_is_partly_collapsed(hard, plain):
    scan, without = hard["effusion"], plain["effusion"]
    fluid = without.mask & ~scan.mask
    strip = ndimage.binary_dilation(fluid) & scan.mask
    assert scan.hu[strip].mean() > without.hu[strip].mean() + 150
