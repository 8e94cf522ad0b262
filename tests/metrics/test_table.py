"""Metrics of the table of counts against scikit-learn and by hand."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics import accuracy_score, f1_score

from lungseg.metrics.table import COLUMNS, accuracy, dsc
from tests.metrics.masks import count, mask_pairs

# One slice each. Reference: lung, lung, none, none; prediction: lung, none, lung, none.
TP, FP, FN, TN = [6, 0, 0, 0], [2, 0, 5, 0], [4, 4, 0, 0], [8, 16, 15, 20]


def test_dsc_of_every_empty_combination_by_hand():
    np.testing.assert_array_equal(dsc(TP, FP, FN), [12 / 18, 0, 0, 0])
    np.testing.assert_array_equal(dsc(TP, FP, FN, empty="zero"), [12 / 18, 0, 0, 0])
    np.testing.assert_array_equal(dsc(TP, FP, FN, empty="one"), [12 / 18, 0, 0, 1])
    np.testing.assert_array_equal(dsc(TP, FP, FN, empty="nan"), [12 / 18, 0, 0, np.nan])
    assert dsc(TP, FP, FN).dtype == np.float64


def test_accuracy_by_hand():
    np.testing.assert_array_equal(accuracy(TP, FP, FN, TN), [14 / 20, 16 / 20, 15 / 20, 1])


@settings(deadline=None)
@given(mask_pairs())
def test_each_slice_equals_scikit_learn(masks):
    tp, fp, fn, tn = count(*masks)
    for empty, division in {"zero": 0.0, "one": 1.0, "nan": np.nan}.items():
        expected = [
            f1_score(reference, prediction, zero_division=division)
            for prediction, reference in zip(*masks, strict=True)
        ]
        np.testing.assert_allclose(dsc(tp, fp, fn, empty=empty), expected, rtol=1e-14)
    expected = [accuracy_score(r, p) for p, r in zip(*masks, strict=True)]
    np.testing.assert_allclose(accuracy(tp, fp, fn, tn), expected, rtol=1e-14)


def test_unknown_convention():
    with pytest.raises(ValueError, match=r"^empty must be one of zero, one, nan, got 'skip'$"):
        dsc(TP, FP, FN, empty="skip")


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint64])
def test_narrow_dtypes_do_not_overflow(dtype):
    tp = np.full(3, np.iinfo(np.uint8).max, dtype)
    one = np.ones(3, dtype)
    np.testing.assert_array_equal(dsc(tp, one, one), [510 / 512] * 3)
    np.testing.assert_array_equal(accuracy(tp, one, one, tp), [510 / 512] * 3)


@pytest.mark.parametrize(
    ("fp", "message"),
    [
        ([0.5, 0.0], r"^fp must be a 1-D array of whole numbers, got float64 of shape \(2,\)$"),
        ([True, False], r"^fp must be a 1-D array of whole numbers, got bool of shape \(2,\)$"),
        ([[1], [2]], r"^fp must be a 1-D array of whole numbers, got int64 of shape \(2, 1\)$"),
        ([1, -2], "^fp must not be negative, got -2$"),
        ([1], r"^tp, fp, fn, tn must have equal lengths, got \[2, 1, 2, 2\]$"),
    ],
)
def test_columns_that_are_not_counts(fp, message):
    with pytest.raises(ValueError, match=message):
        accuracy([1, 2], fp, [1, 2], [1, 2])


def test_slice_without_pixels():
    with pytest.raises(ValueError, match=r"^every slice must have pixels, got none at row 1$"):
        accuracy([1, 0], [0, 0], [0, 0], [0, 0])


def test_names_of_the_columns():
    assert COLUMNS == ("case", "z", "tp", "fp", "fn", "tn")


def test_needs_no_torch():
    code = "import sys, lungseg.metrics.table; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
