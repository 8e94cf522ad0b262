"""An open airway: from the air around the head down to the windpipe, without a wall between."""

import numpy as np
import pytest
from scipy import ndimage

from lungseg.phantom import make_case
from tests.phantom.kinds.conftest import BODY, Scan


def windpipe_is_open(scan):
    """Whether air in the middle of the neck joins the air in front of the face."""
    air = scan.hu[scan.levels[-1] :] < BODY
    parts, _ = ndimage.label(air)
    outside = parts[-1, 0, air.shape[2] // 2]
    neck = scan.hu[scan.levels[-1] + 2]
    skin = ndimage.binary_fill_holes(neck > BODY)
    inside = ndimage.binary_erosion(skin, iterations=3) & (neck < BODY)
    return bool((parts[2][inside] == outside).any())


@pytest.mark.parametrize(("index", "seed"), [(0, 0), (7, 5), (10, 1)])
def test_open_in_every_patient(index, seed):
    # Pixels that are smaller than the windpipe.
    cases = [make_case(index, size=96, n_slices=30, seed=seed, kind=k) for k in ("airway", "")]
    scans = [Scan(case.image, case.mask > 0, case.spacing) for case in cases]
    assert [windpipe_is_open(scan) for scan in scans] == [True, False]


def test_the_lungs_stay(hard, plain):
    scan, without = hard["airway"], plain["airway"]
    np.testing.assert_array_equal(scan.mask, without.mask)
    below = slice(None, scan.levels[-1])
    assert np.abs(scan.hu - without.hu)[below].max() <= 1
