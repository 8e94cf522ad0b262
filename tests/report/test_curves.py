import numpy as np
import pandas as pd
import pytest

from lungseg.report.curves import calibration, precision_recall, thresholds

NAN = float("nan")


def curve(n=101, sharp=60.0):
    threshold = np.linspace(1, 0, n)
    recall = 1 - threshold**sharp
    fpr = (1 - threshold) ** sharp
    tp, fp = recall * 10, fpr * 90
    with np.errstate(invalid="ignore"):
        precision = tp / (tp + fp)
    return pd.DataFrame(
        {
            "threshold": threshold,
            "precision": precision,
            "recall": recall,
            "fpr": fpr,
            "dsc": 2 * tp / (tp + fp + 10),
        }
    )


CURVES = {
    "sharp": curve(),
    "blunt": curve(sharp=1.2),
    "one row": curve().iloc[50:51],
    "all NaN": curve().assign(precision=NAN, recall=NAN, fpr=NAN, dsc=NAN),
    "infinite threshold first": curve().assign(threshold=[np.inf, *np.linspace(0.99, 0, 100)]),
}


@pytest.fixture(params=CURVES)
def any_curve(request):
    return CURVES[request.param]


def test_precision_recall_draws(draw, any_curve):
    words = draw(precision_recall(any_curve, 0.98765, 0.1, threshold=0.5, synthetic=True))
    assert "area 0.9877" in words or "undefined" in words


def test_thresholds_draws(draw, any_curve):
    draw(thresholds(any_curve, 0.5, 0.99))


def test_precision_recall_zooms_into_a_corner_that_is_there(draw):
    sharp = precision_recall(CURVES["sharp"], 0.9912, 0.1)
    (inset,) = sharp.axes[0].child_axes
    low, high = inset.get_xlim()
    assert 0.8 <= low < 1 < high
    assert inset.get_ylim() == (low, high)
    words = draw(sharp)
    assert "area 0.9912" in words
    assert "chance 0.100" in words
    assert "threshold:" not in words
    assert precision_recall(CURVES["blunt"], 0.6, 0.1).axes[0].child_axes == []


def line(axes, label):
    return next(line for line in axes.lines if label in line.get_label())


def test_marks_are_at_the_used_and_the_best_threshold(draw):
    rows = curve().assign(dsc=lambda t: 0.9 - (t["threshold"] - 0.7) ** 2)
    figure = thresholds(rows, 0.5, 0.9951)
    words = draw(figure)
    left, right = figure.axes
    best = rows.loc[rows["dsc"].argmax()]
    mark = line(left, "best, NOT selected").get_xydata()
    np.testing.assert_allclose(mark, [(best["threshold"], best["dsc"])])
    np.testing.assert_allclose(line(left, "used").get_xydata(), [(0.5, 0.86)])
    row = rows.iloc[50]
    np.testing.assert_allclose(line(right, "used").get_xydata(), [row[["fpr", "recall"]]])
    assert "best, NOT selected: 0.7, DSC 0.9000" in words
    assert "area 0.9951" in words


def bins(n):
    edges = np.linspace(0, 1, len(n) + 1)
    n = np.array(n)
    middle = np.where(n > 0, (edges[1:] + edges[:-1]) / 2, NAN)
    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "n": n,
            "mean_probability": middle,
            "positive_share": middle**2,
        }
    )


@pytest.mark.parametrize("n", [[1000, 0, 3, 1, 500], [7], [0, 0]])
def test_calibration(draw, n):
    figure = calibration(bins(n), 0.0123, 0.0456, synthetic=True)
    words = draw(figure)
    assert "expected calibration error 0.0123, Brier score 0.0456" in words
    assert f"n = {sum(n):,}" in words
    assert len(line(figure.axes[0], "test").get_xdata()) == np.count_nonzero(n)
    assert ("no pixels" in words) == (sum(n) == 0)
