"""Metrics of the table of counts against scikit-learn and by hand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from lungseg.metrics.table import COLUMNS, accuracy, dsc, summarize


@st.composite
def mask_pairs(draw):
    """Predictions and references ``[n, pixels]``, each mask empty or full as often as mixed."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 12)))

    def masks():
        mixed = draw(hnp.arrays(np.bool_, shape))
        kinds = draw(hnp.arrays(np.int8, (shape[0], 1), elements=st.integers(0, 3)))
        return np.where(kinds == 0, False, np.where(kinds == 1, True, mixed))

    return masks(), masks()


def count(prediction, reference):
    return tuple(
        np.sum(both, axis=1)
        for both in (
            prediction & reference,
            prediction & ~reference,
            ~prediction & reference,
            ~prediction & ~reference,
        )
    )


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


def test_summary_by_hand():
    assert summarize(TP, FP, FN, TN) == {
        "accuracy_mean": {"value": pytest.approx((14 + 16 + 15 + 20) / 80), "n": 4},
        "dsc_mean_nonempty": {"value": pytest.approx((12 / 18 + 0) / 2), "n": 2},
        "recall": {"value": 6 / 14, "n": 14},
        "specificity": {"value": 59 / 66, "n": 66},
        "precision": {"value": 6 / 13, "n": 13},
        "share_excellent": {"value": 0.25, "n": 4},
        "n_slices": 4,
        "n_empty": 2,
    }


@pytest.mark.parametrize(
    ("counts", "excellent"),
    [
        ((39, 2, 0, 959), False),  # DSC 78 / 80 = 0.975: not above it.
        ((391, 20, 0, 589), True),  # DSC 782 / 802 > 0.975.
        ((0, 1, 0, 999), False),  # Empty reference, accuracy 0.999: not above it.
        ((0, 1, 0, 1000), True),
        ((0, 0, 1, 9999), False),  # Accuracy alone does not help where there is lung.
        ((0, 0, 0, 1000), True),
    ],
)
def test_excellent(counts, excellent):
    share = summarize(*([number] for number in counts))["share_excellent"]
    assert share == {"value": float(excellent), "n": 1}


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


@settings(deadline=None)
@given(mask_pairs())
def test_summary_equals_scikit_learn(masks):
    summary = summarize(*count(*masks))
    prediction, reference = (mask.ravel() for mask in masks)

    def check(name, expected, n):
        assert summary[name]["n"] == n
        assert summary[name]["value"] == (pytest.approx(expected, rel=1e-13) if n else None)

    pooled = {"zero_division": 0.0}
    check("recall", recall_score(reference, prediction, **pooled), reference.sum())
    check("precision", precision_score(reference, prediction, **pooled), prediction.sum())
    specificity = recall_score(reference, prediction, pos_label=0, **pooled)
    check("specificity", specificity, (~reference).sum())

    slices = list(zip(*masks, strict=True))
    scores = [f1_score(r, p, zero_division=0.0) for p, r in slices if r.any()]
    check("dsc_mean_nonempty", np.mean(scores) if scores else None, len(scores))
    check("accuracy_mean", np.mean([accuracy_score(r, p) for p, r in slices]), len(slices))
    assert summary["n_slices"] == len(slices)
    assert summary["n_empty"] == sum(not r.any() for _, r in slices)
    json.dumps(summary, allow_nan=False)


@settings(deadline=None)
@given(mask_pairs())
def test_no_convention_changes_the_mean_over_nonempty_slices(masks):
    tp, fp, fn, tn = count(*masks)
    nonempty = tp + fn > 0
    value = summarize(tp, fp, fn, tn)["dsc_mean_nonempty"]["value"]
    for empty in ("zero", "one", "nan"):
        values = dsc(tp, fp, fn, empty=empty)[nonempty]
        assert value == (values.mean() if nonempty.any() else None)


def test_large_counts_are_exact():
    # 2**33 + 1 is no multiple of 2**10, so a float32 or a wrapped int32 would show.
    big = 2**33 + 1
    summary = summarize([big, big], [1, 0], [3, big], [big, 7])
    assert summary["recall"] == {"value": 2 * big / (3 * big + 3), "n": 3 * big + 3}
    assert summary["precision"]["n"] == 2 * big + 1
    assert summary["specificity"] == {"value": (big + 7) / (big + 8), "n": big + 8}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.uint64])
def test_narrow_dtypes_do_not_overflow(dtype):
    tp = np.full(3, np.iinfo(np.uint8).max, dtype)
    one = np.ones(3, dtype)
    np.testing.assert_array_equal(dsc(tp, one, one), [510 / 512] * 3)
    np.testing.assert_array_equal(accuracy(tp, one, one, tp), [510 / 512] * 3)
    assert summarize(tp, one, one, one)["recall"]["n"] == 3 * 256


def test_pooling_past_32_bits_from_32_bit_columns():
    tp = np.full(20_000, 512 * 512, np.int32)  # 5.2e9 pixels in all.
    none = np.zeros_like(tp)
    assert summarize(tp, none, none, none)["recall"] == {"value": 1.0, "n": 20_000 * 512 * 512}


def test_table_without_rows():
    none = {"value": None, "n": 0}
    metrics = ("accuracy_mean", "dsc_mean_nonempty", "recall", "specificity", "precision")
    assert summarize([], [], [], []) == {
        **dict.fromkeys((*metrics, "share_excellent"), none),
        "n_slices": 0,
        "n_empty": 0,
    }


def test_unknown_convention():
    with pytest.raises(ValueError, match=r"^empty must be one of zero, one, nan, got 'skip'$"):
        dsc(TP, FP, FN, empty="skip")


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
def test_columns_that_are_no_counts(fp, message):
    with pytest.raises(ValueError, match=message):
        summarize([1, 2], fp, [1, 2], [1, 2])


def test_slice_without_pixels():
    with pytest.raises(ValueError, match=r"^every slice must have pixels, got none at row 1$"):
        summarize([1, 0], [0, 0], [0, 0], [0, 0])


def test_names_of_the_columns():
    assert COLUMNS == ("case", "z", "tp", "fp", "fn", "tn")


def test_needs_no_torch():
    code = "import sys, lungseg.metrics.table; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
