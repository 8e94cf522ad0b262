"""The numbers of summary.json against scikit-learn, MONAI, torchmetrics, and by hand."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from monai.metrics import DiceMetric
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from torchmetrics.segmentation import DiceScore

from lungseg.metrics.histogram import ScoreHistogram
from lungseg.metrics.summary import (
    CASE_NUMBERS,
    SIDES,
    conventions,
    summarize_cases,
    summarize_scores,
    summarize_slices,
)
from tests.metrics.masks import count, mask_pairs

# Reference: lung, lung, none, none; prediction: lung, none, lung, none. Two cases.
TABLE = np.array(
    [[0, 0, 6, 2, 4, 8], [0, 1, 0, 0, 4, 16], [1, 0, 0, 5, 0, 15], [1, 1, 0, 0, 0, 20]]
)
RATIOS = (
    "accuracy_mean", "dsc_mean_nonempty", "dsc_mean", "recall", "specificity", "precision",
    "share_dsc_high", "share_dsc_intermediate", "share_dsc_low", "share_empty",
    "empty_accuracy_perfect", "empty_accuracy_intermediate", "empty_accuracy_low",
    "share_excellent", "positive_share",
)  # fmt: skip


def one_case(*counts):
    """A table of slices of one case."""
    rows = np.column_stack(counts)
    return np.column_stack([np.zeros(len(rows), int), np.arange(len(rows)), rows])


def values(numbers):
    return {name: numbers[name]["value"] for name in RATIOS}


def test_by_hand():
    numbers = summarize_slices(TABLE, "zero")
    assert values(numbers) == {
        "accuracy_mean": pytest.approx((14 + 16 + 15 + 20) / 80),
        "dsc_mean_nonempty": pytest.approx((12 / 18 + 0) / 2),
        "dsc_mean": pytest.approx(12 / 18 / 4),
        "recall": 6 / 14,
        "specificity": 59 / 66,
        "precision": 6 / 13,
        "share_dsc_high": 0,
        "share_dsc_intermediate": 0,
        "share_dsc_low": 0.5,
        "share_empty": 0.5,
        "empty_accuracy_perfect": 0.5,
        "empty_accuracy_intermediate": 0,
        "empty_accuracy_low": 0.5,
        "share_excellent": 0.25,
        "positive_share": 14 / 80,
    }
    n = {name: numbers[name]["n"] for name in RATIOS}
    assert n == dict.fromkeys(RATIOS, 4) | {
        "dsc_mean_nonempty": 2, "recall": 14, "specificity": 66, "precision": 13,
        "empty_accuracy_perfect": 2, "empty_accuracy_intermediate": 2, "empty_accuracy_low": 2,
        "positive_share": 80,
    }  # fmt: skip
    assert numbers["accuracy_min"] == {"value": 0.7, "n": 4, "case": 0, "z": 0}
    assert (numbers["n_slices"], numbers["n_empty"]) == (4, 2)


def test_interval_of_two_cases_by_hand():
    """Cases of 14 + 16 and 15 + 20 of 20 right: 0.75 and 0.875 on average of two slices each."""
    low, high = summarize_slices(TABLE, "zero")["accuracy_mean"]["ci95"]
    mean, error, students = 0.8125, 0.0625, 12.7062
    half = 1.2 * students * error / (mean * (1 - mean))
    logit = math.log(mean / (1 - mean))
    assert [low, high] == pytest.approx(
        [1 / (1 + math.exp(half * s - logit)) for s in (1, -1)], rel=1e-4
    )


def test_one_case_has_no_interval():
    numbers = summarize_slices(one_case([6, 0], [2, 0], [4, 4], [8, 16]), "zero")
    assert not any("ci95" in numbers[name] for name in RATIOS)


@pytest.mark.parametrize(("empty", "mean"), [("zero", 2 / 12), ("one", 5 / 12), ("nan", 2 / 9)])
def test_the_convention_changes_what_it_says_and_nothing_else(empty, mean):
    numbers, others = summarize_slices(TABLE, empty), summarize_slices(TABLE, "zero")
    assert numbers.pop("dsc_mean")["value"] == pytest.approx(mean)
    others.pop("dsc_mean")
    assert numbers == others


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
    share = summarize_slices(one_case(*([n] for n in counts)), "zero")["share_excellent"]
    assert share == {"value": float(excellent), "n": 1}


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ((391, 20, 0, 589), "share_dsc_high"),
        ((39, 2, 0, 959), "share_dsc_intermediate"),  # 0.975
        ((2001, 1000, 0, 0), "share_dsc_intermediate"),  # just above 0.8
        ((2, 1, 0, 0), "share_dsc_low"),  # 0.8
        ((0, 0, 1, 9), "share_dsc_low"),
        ((0, 0, 0, 10), "empty_accuracy_perfect"),
        ((0, 1, 0, 999), "empty_accuracy_intermediate"),  # 0.999
        ((0, 2, 0, 998), "empty_accuracy_low"),
    ],
)
def test_bounds_of_the_categories(counts, kind):
    numbers = summarize_slices(one_case(*([n] for n in counts)), "zero")
    names = [name for name in RATIOS if name.startswith(("share_dsc", "empty_accuracy"))]
    assert [name for name in names if numbers[name]["value"]] == [kind]


@settings(deadline=None, max_examples=50)
@given(mask_pairs())
def test_equals_scikit_learn(masks):
    numbers = summarize_slices(one_case(*count(*masks)), "nan")
    prediction, reference = (mask.ravel() for mask in masks)

    def check(name, expected, n):
        assert numbers[name]["n"] == n
        assert numbers[name]["value"] == (pytest.approx(expected, rel=1e-12) if n else None)

    pooled = {"zero_division": 0.0}
    check("recall", recall_score(reference, prediction, **pooled), reference.sum())
    check("precision", precision_score(reference, prediction, **pooled), prediction.sum())
    specificity = recall_score(reference, prediction, pos_label=0, **pooled)
    check("specificity", specificity, (~reference).sum())
    slices = list(zip(*masks, strict=True))
    scores = np.array([f1_score(r, p, zero_division=np.nan) for p, r in slices])
    lung = np.array([r.any() for _, r in slices])
    accuracies = np.array([accuracy_score(r, p) for p, r in slices])
    check("dsc_mean_nonempty", scores[lung].mean() if lung.any() else 0, lung.sum())
    check("dsc_mean", np.nanmean(scores) if np.isfinite(scores).any() else 0,
          np.isfinite(scores).sum())  # fmt: skip
    check("accuracy_mean", accuracies.mean(), len(slices))
    assert numbers["accuracy_min"]["value"] == pytest.approx(accuracies.min())
    shares = [numbers[f"share_{name}"]["value"]
              for name in ("dsc_high", "dsc_intermediate", "dsc_low", "empty")]  # fmt: skip
    assert sum(shares) == pytest.approx(1)
    if not lung.all():
        shares = [numbers[f"empty_accuracy_{name}"]["value"]
                  for name in ("perfect", "intermediate", "low")]  # fmt: skip
        assert sum(shares) == pytest.approx(1)
    json.dumps(numbers, allow_nan=False)


def test_large_counts_are_exact():
    # 2**33 + 1 is not a multiple of 2**10, so a float32 or a wrapped int32 would show.
    big = 2**33 + 1
    numbers = summarize_slices(one_case([big, big], [1, 0], [3, big], [big, 7]), "zero")
    assert numbers["recall"] == {"value": 2 * big / (3 * big + 3), "n": 3 * big + 3}
    assert numbers["precision"]["n"] == 2 * big + 1
    assert numbers["specificity"] == {"value": (big + 7) / (big + 8), "n": big + 8}


def test_table_without_rows():
    numbers = summarize_slices(np.empty((0, 6), np.int64), "zero")
    assert all(numbers[name] == {"value": None, "n": 0} for name in RATIOS)
    assert (numbers["n_slices"], numbers["n_empty"]) == (0, 0)
    assert "accuracy_min" not in numbers


def slices(*pairs):
    """Masks ``[n, 1, 2, 4]`` from pairs of numbers of pixels: prediction, reference."""
    masks = np.zeros((2, len(pairs), 8), bool)
    for k, pair in enumerate(pairs):
        for mask, n in zip(masks, pair, strict=True):
            mask[k, :n] = True
    return masks.reshape(2, -1, 1, 2, 4)


# Good, both empty, invented where there is none, missed.
PREDICTION, REFERENCE = slices((5, 4), (0, 0), (1, 0), (0, 3))


def found_conventions():
    rows = [dict(zip(("tp", "fp", "fn"), n, strict=True)) for n in ((4, 1, 0), (0, 1, 3))]
    table = np.array(
        [[0, 0, 4, 1, 0, 3], [0, 1, 0, 0, 0, 8], [1, 0, 0, 1, 0, 7], [1, 1, 0, 0, 3, 5]]
    )
    counts = count(PREDICTION.reshape(4, -1), REFERENCE.reshape(4, -1))
    np.testing.assert_array_equal(table[:, 2:].T, counts)
    return conventions(table, rows)


def test_conventions_are_those_of_the_libraries():
    found = found_conventions()
    prediction, reference = (torch.tensor(mask).float() for mask in (PREDICTION, REFERENCE))
    for name, ignore in (("report", True), ("monai", False)):
        metric = DiceMetric(ignore_empty=ignore)
        metric(prediction, reference)
        assert found[name]["value"] == pytest.approx(metric.aggregate().item(), abs=1e-6)
    scores = []
    for p, r in zip(prediction.int(), reference.int(), strict=True):
        metric = DiceScore(num_classes=1, input_format="one-hot")
        metric.update(p[None], r[None])
        scores.append(metric.compute().item())
    assert found["torchmetrics"]["value"] == pytest.approx(np.nanmean(scores), abs=1e-6)
    assert found["torchmetrics"]["n"] == np.isfinite(scores).sum() == 3


def test_conventions_by_hand():
    found = found_conventions()
    assert found["report"] == {"value": pytest.approx(8 / 9 / 2), "n": 2}
    assert found["report_all"] == {"value": pytest.approx(8 / 9 / 4), "n": 4}
    assert found["monai"] == {"value": pytest.approx((8 / 9 + 1) / 4), "n": 4}
    # nnU-Net's formula: nan where tp + fp + fn is 0, else 2 tp / (2 tp + fp + fn); mean by case.
    assert found["nnunet"] == {"value": pytest.approx((8 / 9 + 0) / 2), "n": 2}


def rows_of(*values):
    names = [side + name for side in SIDES for name in CASE_NUMBERS]
    others = {side + kind: 0 for side in SIDES for kind in ("missed", "invented")}
    return [dict.fromkeys(names, value) | others | {"farthest_mm": 100.0} for value in values]


def test_cases_are_averaged_where_they_are_defined():
    rows = rows_of(0.1, 0.2, 0.6)
    rows[1]["hd95_mm"] = float("nan")
    rows[0]["left_msd_mm"] = rows[1]["left_msd_mm"] = rows[2]["left_msd_mm"] = float("nan")
    rows[2]["left_missed"] = 1
    rows[0]["invented"] = 1
    numbers = summarize_cases(rows)
    assert numbers["volume_dsc_mean"]["value"] == pytest.approx(0.3)
    assert numbers["volume_dsc_median"] == {"value": 0.2, "n": 3, "n_missed": 0, "n_invented": 1}
    assert numbers["right_volume_dsc_mean"]["n"] == 3
    assert numbers["hd95_mm_mean"]["value"] == numbers["hd95_mm_median"]["value"] == 0.35
    assert numbers["hd95_mm_mean"]["n"] == 2
    undefined = {"value": None, "n": 0, "n_missed": 1, "n_invented": 0}
    assert numbers["left_msd_mm_mean"] == numbers["left_msd_mm_median"] == undefined
    assert numbers["n_cases"] == 3
    json.dumps(numbers, allow_nan=False)


def test_intervals_of_cases_stay_within_the_range_of_the_quantity():
    numbers = summarize_cases(rows_of(0.01, 0.02, 1.0))
    low, high = numbers["volume_dsc_mean"]["ci95"]
    assert 0 <= low < 0.34 < high <= 1
    assert 1 < numbers["hd95_mm_mean"]["ci95"][1] <= 100
    assert -100 <= numbers["volume_difference_percent_mean"]["ci95"][0] < 0.34
    assert numbers["volume_difference_ml_mean"]["ci95"][0] < 0


def test_the_best_threshold_is_marked_as_not_selected():
    histogram = ScoreHistogram()
    probability = torch.tensor([0.1, 0.3, 0.4, 0.9])
    histogram.update(torch.logit(probability), torch.tensor([0, 1, 1, 1]))
    best = summarize_scores(histogram.compute().numpy())["dsc_best_threshold"]
    assert best["selected"] is False
    assert best["value"] == 1
    assert best["threshold"] == pytest.approx(0.3, abs=2e-3)
    assert best["n"] == 4
