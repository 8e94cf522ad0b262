"""A bulla is air without vessels in the lung, and lung."""

import numpy as np
from scipy import ndimage


def test_a_bulla(hard, plain):
    scan, without = hard["bulla"], plain["bulla"]
    np.testing.assert_array_equal(scan.mask, without.mask)
    lungs, _ = ndimage.label(scan.mask)
    # Blur and partial volume leave the bulla's own wall and its edge out.
    air = ndimage.binary_opening((scan.hu < -955) & scan.mask)
    parts, _ = ndimage.label(air)
    bulla = parts == np.argmax(np.bincount(parts[air]))
    (lung,) = set(lungs[bulla])
    assert 0.2 < bulla.sum() / (lungs == lung).sum() < 0.4
    inside = ndimage.binary_erosion(bulla)
    assert -1000 < scan.hu[inside].mean() < -980
    assert scan.hu[inside].max() < -900
    assert without.hu[inside].max() > -600  # vessels
    assert without.hu[bulla].mean() > -870


def test_the_rest_of_the_patient_stays(hard, plain):
    scan, without = hard["bulla"], plain["bulla"]
    far = ~ndimage.binary_dilation(scan.mask, iterations=3)
    assert np.abs(scan.hu - without.hu)[far].mean() < 1
