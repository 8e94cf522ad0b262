"""Labels and probabilities, told apart by their values."""

import numpy as np
import pytest

from lungseg.errors import DataError
from lungseg.sources.lungs import LungNames
from lungseg.sources.predicted.rules import MaskRules
from lungseg.sources.predicted.values import graded, lungs_in

LUNGS = LungNames(both=["lungs"])
USUAL = MaskRules(LUNGS)


def volume(*values, dtype=np.uint8):
    return np.array(values, dtype).reshape(1, 1, -1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float64])
def test_labels(dtype):
    np.testing.assert_array_equal(
        lungs_in(volume(0, 1, 2, dtype=dtype), USUAL), [[[False, True, True]]]
    )
    named = MaskRules(LUNGS, values=(4, 9))
    made = lungs_in(volume(0, 1, 4, 9, dtype=dtype), named)
    np.testing.assert_array_equal(made, [[[False, False, True, True]]])
    assert made.dtype == np.bool_


def test_labels_stored_with_a_scale_factor():
    made = lungs_in(volume(0, 0.9999999, 2.0000002, dtype=np.float64), USUAL)
    np.testing.assert_array_equal(made, [[[False, True, True]]])


@pytest.mark.parametrize("values", [(0, 0.25, 1), (0, 0, 1), (0, 0.5, 1.00002)])
def test_floats_up_to_1_are_probabilities(values):
    made = lungs_in(volume(*values, dtype=np.float64), USUAL)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made.ravel(), np.clip(values, 0, 1), rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "dtype", "rules", "line"),
    [
        ((0, 3), np.uint8, USUAL, r"its values are 0, 3: which .* predictions.labels=\[3\]$"),
        ((0, 255), np.uint8, USUAL, "its values are 0, 255"),
        ((0, 20, 7, 30), np.uint8, USUAL, r"predictions.labels=\[7,20\]$"),
        ((-1, 0, 1), np.int16, USUAL, r"its values are -1, 0, 1: .*predictions.labels=\[1\]$"),
        ((-5.5, 7.25), float, USUAL, "values from -5.5 to 7.25 are neither labels nor prob"),
        ((0, 0.5), float, MaskRules(LUNGS, values=(1,)), "values from 0 to 0.5 are neither"),
        ((0, np.nan), float, USUAL, "not finite"),
        ((0, np.inf), float, USUAL, "not finite"),
        ((0, 1j), complex, USUAL, "values of type complex128 are no labels"),
        ((0, 1), np.uint8, MaskRules(LUNGS, structures=("a",)), r"not names .*=\[1\]$"),
        ((0, 0.5), float, MaskRules(LUNGS, structures=("a",)), "not names of structures$"),
    ],
)
def test_refused(values, dtype, rules, line):
    with pytest.raises(DataError, match=line):
        lungs_in(volume(*values, dtype=dtype), rules)


def test_graded():
    assert graded(volume(0, 0.06, dtype=np.float32))
    assert not graded(volume(0, 0.04, 0.97, dtype=np.float32))
