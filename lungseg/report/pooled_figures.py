"""Figures of a pooled cross-validation: those of a run that its tables suffice for."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lungseg.evaluation.pooled import Pooled
from lungseg.evaluation.tables import curve_frame
from lungseg.metrics.curves import calibration as calibrate
from lungseg.metrics.curves import curve
from lungseg.report.curves import calibration, precision_recall, thresholds
from lungseg.report.distributions import accuracy_against_dsc, histograms
from lungseg.report.figures import Named, or_nan
from lungseg.report.fold_curves import fold_curves
from lungseg.report.heatmaps import heatmaps
from lungseg.report.position import position
from lungseg.runs.folds import Fold, Repeat


def fold_name(fold: Fold, repeat: Repeat) -> str:
    """A fold in a legend, with its repeat where there are several."""
    return f"{repeat.label}, fold {fold.label}" if repeat.label else f"fold {fold.label}"


def draw_pooled(pooled: Pooled) -> Iterator[Named]:
    """Draw the figures, one at a time; example slices are on the pages of the folds.

    Args:
        pooled: Tables and numbers.
    """
    synthetic, slices = pooled.synthetic, pooled.slices
    histories = {
        fold_name(fold, repeat): fold.run.history
        for repeat in pooled.repeats
        for fold in repeat.folds
        if fold.run.history is not None
    }
    if histories:
        yield Named(
            "fig01_training",
            "Loss, mean DSC of non-empty slices and mean accuracy by epoch, one colour per fold"
            f" ({len(histories)} folds). Compare a loss only with itself.",
            fold_curves(list(histories.values()), list(histories), synthetic=synthetic),
        )
    yield Named(
        "fig02_histograms",
        "Distributions of DSC (non-empty slices) and accuracy (all slices), out of fold.",
        histograms(slices, synthetic=synthetic),
    )
    yield Named(
        "fig03_accuracy_dsc",
        "Accuracy against DSC of each slice, coloured by the size of its reference mask.",
        accuracy_against_dsc(slices, synthetic=synthetic),
    )
    if len(pooled.repeats) == 1:  # these have one column or line per case
        yield Named(
            "fig04_heatmaps",
            "Mask size, DSC and accuracy of every slice; one column per case, from feet to head.",
            heatmaps(slices, synthetic=synthetic),
        )
        yield Named(
            "fig11_position",
            "Errors along the body: DSC and false positives between base (0) and apex (1).",
            position(slices, synthetic=synthetic),
        )
    if pooled.histogram is not None:
        yield from _of_scores(pooled)


def _of_scores(pooled: Pooled) -> Iterator[Named]:
    histogram, numbers, synthetic = pooled.histogram, pooled.test, pooled.synthetic
    assert histogram is not None
    points, threshold = curve_frame(curve(histogram)), numbers["threshold"]
    models = "Scores of the models of all folds together"
    yield Named(
        "fig10_pr_curve",
        f"Precision against recall over all thresholds. {models}.",
        precision_recall(
            points,
            or_nan(numbers["pr_auc"]["value"]),
            numbers["positive_share"]["value"],
            threshold,
            synthetic=synthetic,
        ),
    )
    yield Named(
        "fig12_calibration",
        f"Observed share of lung by predicted probability, over pixels. {models}.",
        calibration(
            pd.DataFrame(vars(calibrate(histogram))),
            numbers["ece"]["value"],
            numbers["brier"]["value"],
            synthetic=synthetic,
        ),
    )
    yield Named(
        "fig14_thresholds",
        "Pooled DSC over all thresholds, and recall against false positive rate. The best"
        f" threshold was optimized on these pixels: it is shown, not used. {models}.",
        thresholds(points, threshold, or_nan(numbers["roc_auc"]["value"]), synthetic=synthetic),
    )
