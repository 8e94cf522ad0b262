"""Tables and a cushion: what lies under the body may look like lung."""

import numpy as np
from scipy import ndimage

from lungseg.phantom import make_case
from tests.phantom.kinds.conftest import AIR, BODY, Scan


def below(scan):
    """HU of a slice through the lungs, from the back of the body downwards, and the pixel in mm."""
    hu = scan.hu[scan.levels[len(scan.levels) // 2]]
    bone = (hu > 300).nonzero()[0].max()  # of the spine
    return hu[bone:], scan.spacing[1]


def foam_mm(scan):
    """Thickness of foam as dense as lung, under the middle of the body."""
    hu, pixel = below(scan)
    column = hu[:, hu.shape[1] // 2]
    return ((column > -925) & (column < -800)).sum() * pixel


def test_a_thick_table_of_foam(hard, plain):
    assert 70 < foam_mm(hard["thick_table"]) < 90
    assert foam_mm(plain["thick_table"]) < 20


def test_three_chambers_of_a_hollow_table():
    def chambers(kind):
        # Pixels small enough for its thin shell to be closed.
        case = make_case(2, size=128, n_slices=12, seed=1, kind=kind)
        hu, pixel = below(Scan(case.image, case.mask > 0, case.spacing))
        holes = ndimage.binary_fill_holes(hu > AIR) & (hu < -950)
        parts, count = ndimage.label(holes)
        areas = ndimage.sum_labels(holes, parts, range(1, count + 1)) * pixel**2
        return (areas > 1500).sum()

    assert chambers("hollow_table") == 3
    assert chambers("") == 0


def test_the_cushion_touches_the_sides_of_the_body(hard, plain):
    scan, without = hard["cushion"], plain["cushion"]
    z = scan.levels[len(scan.levels) // 2]
    body = ndimage.binary_fill_holes(ndimage.binary_opening(without.hu[z] > BODY))
    reach = round(12 / scan.spacing[1])
    around = ndimage.binary_dilation(body, iterations=reach + 2)
    around &= ~ndimage.binary_dilation(body, iterations=2)
    rows = np.arange(len(body))[:, None]
    lowest = body.any(axis=1).nonzero()[0][-1]
    beside = around & (rows < lowest - 3) & (rows > lowest - 9)
    assert -975 < np.median(scan.hu[z][beside]) < -920
    assert np.median(without.hu[z][beside]) < -990


def test_the_patient_stays(hard, plain):
    for kind in ("thick_table", "hollow_table", "cushion"):
        scan, without = hard[kind], plain[kind]
        np.testing.assert_array_equal(scan.mask, without.mask)
        assert np.abs(scan.hu - without.hu)[scan.mask].mean() < 2
