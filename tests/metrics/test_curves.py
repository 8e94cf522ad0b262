"""Curves, areas and calibration from the histogram against scikit-learn on all pixels."""

import numpy as np
import pytest
import torch
from scipy.special import expit, logit
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_recall_curve,
    roc_auc_score,
)
from torchmetrics.classification import BinaryCalibrationError

from lungseg.metrics.curves import average_precision, brier_score, calibration, curve, roc_auc
from lungseg.metrics.histogram import BINS, ScoreHistogram

N = 50_000


def counted(scores, target):
    histogram = ScoreHistogram()
    histogram.update(torch.as_tensor(scores, dtype=torch.float32), torch.as_tensor(target))
    return histogram.compute().numpy()


def drawn(kind):
    """Scores and target of many pixels; float32, as networks give them."""
    random = np.random.default_rng(3)
    target = random.random(N) < 0.04
    scores = {
        "good": random.normal(np.where(target, 6, -8), 2.5),
        "poor": random.normal(np.where(target, 1, -1), 2),
        "random": random.normal(0, 1, N),
        "reversed": random.normal(np.where(target, -3, 3), 1),
        "saturated": random.normal(np.where(target, 40, -60), 20),
        "small": random.normal(np.where(target, 1, -1), 1) * 1e-2,
        "bfloat16": torch.tensor(random.normal(np.where(target, 3, -5), 3)).bfloat16().float(),
        "two values": np.where(random.random(N) < 0.9, np.where(target, 2.0, -2.0), 0.0),
        "one value": np.zeros(N),
    }[kind]
    return np.asarray(scores, np.float32), target


KINDS = pytest.mark.parametrize(
    "kind",
    ["good", "poor", "random", "reversed", "saturated", "small", "bfloat16", "two values",
     "one value"],
)  # fmt: skip


@KINDS
def test_areas_equal_scikit_learn_on_all_pixels(kind):
    scores, target = drawn(kind)
    found = curve(counted(scores, target))
    expected = average_precision_score(target, scores)
    assert average_precision(found) == pytest.approx(expected, abs=1e-4)
    assert roc_auc(found) == pytest.approx(roc_auc_score(target, scores), abs=1e-4)


@KINDS
def test_brier_and_calibration(kind):
    scores, target = drawn(kind)
    histogram = counted(scores, target)
    p = expit(scores.astype(np.float64))
    assert brier_score(histogram) == pytest.approx(brier_score_loss(target, p), abs=1e-4)
    if kind in ("two values", "one value"):
        return  # Probabilities on the very edge of a bin: see below.
    reference = BinaryCalibrationError(n_bins=15, norm="l1")
    reference.update(torch.tensor(p), torch.tensor(target).int())
    assert calibration(histogram).error == pytest.approx(reference.compute().item(), abs=1e-3)


def test_precision_and_recall_of_ties_are_exact():
    scores, target = drawn("bfloat16")
    found = curve(counted(scores, target))
    precision, recall, thresholds = precision_recall_curve(target, scores)
    # scikit-learn's rise, ours fall; its last point is made up.
    np.testing.assert_allclose(found.precision[::-1], precision[:-1])
    np.testing.assert_allclose(found.recall[::-1], recall[:-1])
    assert len(found.threshold) == len(thresholds)
    assert (np.diff(found.threshold) <= 0).all()


def test_dsc_at_each_threshold():
    scores, target = drawn("poor")
    found = curve(counted(scores, target))
    for k in range(0, len(found.threshold), 500):
        # A bin's lower edge is a threshold between two scores.
        called = scores >= np.float32(logit(found.threshold[k])) - 1e-6
        assert found.dsc[k] == pytest.approx(f1_score(target, called), abs=2e-3)
    half = np.searchsorted(-found.threshold, -0.5, side="right") - 1
    assert found.dsc[half] == f1_score(target, scores >= 0)


def test_curve_by_hand():
    found = curve(counted([2.0, 1.0, 0.0, -1.0], [1, 0, 1, 0]))
    assert found.tp.tolist() == [1, 1, 2, 2]
    assert found.fp.tolist() == [0, 1, 1, 2]
    np.testing.assert_allclose(found.precision, [1, 1 / 2, 2 / 3, 1 / 2])
    np.testing.assert_allclose(found.recall, [1 / 2, 1 / 2, 1, 1])
    np.testing.assert_allclose(found.fpr, [0, 1 / 2, 1 / 2, 1])
    np.testing.assert_allclose(found.dsc, [2 / 3, 1 / 2, 4 / 5, 2 / 3])
    np.testing.assert_allclose(found.threshold[:3], expit([2.0, 1.0, 0.0]))
    assert average_precision(found) == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)


def test_calibration_by_hand():
    table = calibration(counted(logit([0.05, 0.15, 0.17, 0.9]), [0, 0, 1, 1]), bins=5)
    assert table.n.tolist() == [3, 0, 0, 0, 1]
    np.testing.assert_allclose(table.positive_share, [1 / 3, *[np.nan] * 3, 1])
    np.testing.assert_allclose(table.mean_probability, [0.37 / 3, *[np.nan] * 3, 0.9], rtol=3e-3)
    assert table.error == pytest.approx(3 / 4 * (1 / 3 - 0.37 / 3) + 1 / 4 * 0.1, abs=1e-3)
    assert table.lower[0] == 0
    assert table.upper[-1] == 1


@pytest.mark.parametrize("missing", [0, 1])
def test_one_kind_of_pixels_alone(missing):
    found = curve(counted([1.0, -1.0, 0.5], np.full(3, 1 - missing)))
    assert np.isnan(roc_auc(found))
    assert np.isnan(average_precision(found)) == (missing == 1)


@pytest.mark.parametrize(
    ("histogram", "message"),
    [
        (np.zeros((2, BINS), int), "^histogram must contain pixels, got none$"),
        (np.zeros((2, 3), int), rf"^histogram must have shape \(2, {BINS}\), got \(2, 3\)$"),
    ],
)
def test_wrong_histogram(histogram, message):
    with pytest.raises(ValueError, match=message):
        curve(histogram)
