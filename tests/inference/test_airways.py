"""Windpipes taken for lung, in shapes made by hand and in reference masks."""

import numpy as np
import pytest

from lungseg.arguments.phantom import PHANTOM_KINDS
from lungseg.inference.airways import without_airways
from lungseg.inference.postprocess import Lungs
from lungseg.phantom import make_case

MM = (5.0, 2.0, 2.0)
LUNGS = slice(10, 30)  # in z
WINDPIPE = (slice(30, 33), slice(29, 32))  # in the plane: between the lungs


def chest(column=slice(28, 42), *, mouth=False):
    """Two lungs as boxes, a column that touches one, and a mouth upon it."""
    mask = np.zeros((50, 60, 60), bool)
    mask[LUNGS, 15:45, 8:29] = mask[LUNGS, 15:45, 33:54] = True
    mask[column, *WINDPIPE] = True
    if mouth:
        mask[column.stop :, 25:35, 25:35] = True
    return mask


def lungs():
    return chest(slice(0))


def test_a_windpipe_is_left_out_and_nothing_else():
    mask = chest()
    before = mask.copy()
    made = without_airways(mask, MM)
    assert np.array_equal(mask, before)
    # In the two slices between the lungs it is a part of a wide piece.
    expected = lungs()
    expected[28:30, *WINDPIPE] = True
    assert np.array_equal(made, expected)


def test_a_mouth_upon_it_is_no_lung_then():
    mask = chest(mouth=True)
    expected = lungs()
    expected[28:30, *WINDPIPE] = True
    assert np.array_equal(Lungs(cut_airways=True)(mask, MM), expected)
    assert Lungs()(mask, MM)[45].any()  # models of earlier versions


def test_its_lower_end_may_lie_beside_the_lungs():
    mask = lungs()
    mask[20:45, 50:53, 30:33] = True
    mask[20, 45:53, 30:33] = True  # a bronchus
    mask[20, 15:45, 30:33] = True
    expected = mask.copy()
    expected[21:, 50:53] = False
    assert np.array_equal(without_airways(mask, MM), expected)


def test_a_slice_full_of_false_lung_does_not_make_lungs_narrow():
    """Of lungs with 25 cm² each, which are less than 5 % of that slice."""
    mask = np.zeros((50, 300, 300), bool)
    mask[LUNGS, 15:45, 8:29] = mask[LUNGS, 15:45, 33:54] = True
    for z in (9, 20, 30):
        false = mask.copy()
        false[z] = True
        assert without_airways(false, MM) is false


def test_the_top_of_a_lung_that_touches_the_windpipe_goes_with_it():
    mask = chest()
    mask[30:32, 20:33, 26:29] = True  # 1.6 cm² beside the column
    made = without_airways(mask, MM)
    assert not made[30:].any()
    assert np.array_equal(made[:30], mask[:30])


UNCHANGED = {
    "the top of a lung": chest(slice(28, 37)),  # 35 mm above the lungs
    "a corner that widens upwards": chest(slice(0, 11)),
    "a strip from lung to lung": chest(slice(28, 45)),
    "a column that touches no lung": chest(slice(31, 45)),
    "a windpipe by itself": chest(slice(0, 45)) & ~lungs(),
    "nothing": np.zeros((4, 5, 6), bool),
}
UNCHANGED["a strip from lung to lung"][45:, 15:45, 8:54] = True


@pytest.mark.parametrize("name", UNCHANGED)
def test_what_is_kept(name):
    mask = UNCHANGED[name]
    assert without_airways(mask, MM) is mask


@pytest.mark.parametrize("kind", ["", *PHANTOM_KINDS])
def test_reference_masks_of_synthetic_patients_are_kept(kind):
    case = make_case(3, size=96, n_slices=40, seed=3, kind=kind)
    mask = case.mask.astype(bool)
    assert without_airways(mask, case.spacing) is mask


@pytest.mark.realdata
@pytest.mark.parametrize("case", [0, 1, 2])
def test_real_reference_masks_are_kept(realdata, case):
    file = realdata / "lctsc" / "Segmentations" / f"Case_{case:03}_seg.npz"
    mask = np.load(file)["masks"].astype(bool)
    assert without_airways(mask, (3, 0.9766, 0.9766)) is mask
