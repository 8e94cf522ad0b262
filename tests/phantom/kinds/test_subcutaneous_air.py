"""Air under the skin: where there was tissue, outside the lungs, and no lung."""

import numpy as np
from scipy import ndimage

from tests.phantom.kinds.conftest import AIR, BODY


def test_air_in_the_chest_wall(hard, plain):
    scan, without = hard["subcutaneous_air"], plain["subcutaneous_air"]
    np.testing.assert_array_equal(scan.mask, without.mask)
    air = (scan.hu < AIR) & (without.hu > BODY)
    assert 100 < air.sum() * scan.voxel_ml < 1500
    assert not (air & scan.mask).any()
    assert np.percentile(scan.hu[air], 10) < -850
    left, right = air[..., air.shape[2] // 2 :].sum(), air[..., : air.shape[2] // 2].sum()
    assert max(left, right) > 10 * min(left, right)


def test_bones_stay(hard, plain):
    scan, without = hard["subcutaneous_air"], plain["subcutaneous_air"]
    bone = ndimage.binary_erosion(without.hu > 250, np.ones((1, 2, 2)))
    assert (scan.hu[bone] > 0).mean() > 0.99
