"""All figures of an evaluation: the report's ten, and four beyond it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from lungseg.evaluation.result import Evaluation
from lungseg.report.choose import choose
from lungseg.report.curves import calibration, precision_recall, thresholds
from lungseg.report.distributions import accuracy_against_dsc, histograms
from lungseg.report.examples import Example, empty, examples
from lungseg.report.heatmaps import heatmaps
from lungseg.report.position import position
from lungseg.report.surface_error import surface_error
from lungseg.report.training_curves import training

EXAMPLES = 5
"""Slices shown of each kind."""

Fetch = Callable[[pd.DataFrame], list[Example]]


@dataclass(frozen=True)
class Named:
    """A figure with the name of its file and what it shows."""

    name: str
    caption: str
    figure: Figure


def draw(found: Evaluation, fetch: Fetch) -> Iterator[Named]:
    """Draw all figures, one at a time.

    Args:
        found: Tables and numbers.
        fetch: Gives image, reference and prediction of rows of ``found.slices``.
    """
    synthetic = found.synthetic
    test = found.slices[found.slices["split"] == "test"]
    numbers = found.summary["test"]

    def show(kind: str, title: str) -> Figure:
        return examples(title, fetch(choose(test, kind, EXAMPLES)), synthetic=synthetic)

    if found.history is not None:
        yield Named(
            "fig01_training",
            "Loss, mean DSC of non-empty slices and mean accuracy by epoch. Training's are taken"
            " while the weights change, the others after the epoch. The loss sums over a batch, so"
            " its level depends on which slices share one: compare it with itself.",
            training(found.history, synthetic=synthetic),
        )
    yield Named(
        "fig02_histograms",
        "How DSC (non-empty slices) and accuracy (all slices) are spread.",
        histograms(found.slices, synthetic=synthetic),
    )
    yield Named(
        "fig03_accuracy_dsc",
        "Accuracy against DSC of each test slice, coloured by the size of its reference mask.",
        accuracy_against_dsc(found.slices, synthetic=synthetic),
    )
    yield Named(
        "fig04_heatmaps",
        "Mask size, DSC and accuracy of every slice; a column a case, from feet to head.",
        heatmaps(found.slices, synthetic=synthetic),
    )
    yield Named("fig05_high_dsc", "Examples of a high DSC.", show("high", "DSC above 0.975"))
    yield Named(
        "fig06_low_accuracy",
        "The slices of the lowest accuracy, the worst of each case in turn.",
        show("low_accuracy", "lowest accuracy"),
    )
    yield Named(
        "fig07_intermediate_dsc",
        "Examples of an intermediate DSC.",
        show("intermediate", "DSC above 0.8, up to 0.975"),
    )
    yield Named(
        "fig08_low_dsc",
        "Examples of a low DSC among slices with lung.",
        show("low", "DSC up to 0.8, slices with lung"),
    )
    kinds = ("empty_perfect", "empty_intermediate", "empty_low")
    groups = [fetch(choose(test, kind, EXAMPLES - 1)) for kind in kinds]
    yield Named(
        "fig09_empty",
        "Slices without lung in the reference, by accuracy: what the prediction invents.",
        empty(*groups, synthetic=synthetic),
    )
    yield Named(
        "fig10_pr_curve",
        "Precision against recall of the test pixels over all thresholds.",
        precision_recall(
            found.curve,
            _or_nan(numbers["pr_auc"]["value"]),
            numbers["positive_share"]["value"],
            found.threshold,
            synthetic=synthetic,
        ),
    )
    yield Named(
        "fig11_position",
        "Where along the body errors lie: DSC and false positives between base (0) and apex (1).",
        position(found.slices, synthetic=synthetic),
    )
    yield Named(
        "fig12_calibration",
        "What comes true of predicted probabilities, by pixel.",
        calibration(
            pd.DataFrame(vars(found.calibration)),
            numbers["ece"]["value"],
            numbers["brier"]["value"],
            synthetic=synthetic,
        ),
    )
    if found.worst:
        yield Named(
            "fig13_surface_error",
            "The test case with the largest HD95: its reference's surface with the distance to the"
            " predicted one, and the predicted surface with the distance to the reference's.",
            surface_error(found.worst, synthetic=synthetic),
        )
    yield Named(
        "fig14_thresholds",
        "Pooled DSC over all thresholds, and recall against false positive rate. The best"
        " threshold was found on these very pixels: it is shown, not used.",
        thresholds(
            found.curve, found.threshold, _or_nan(numbers["roc_auc"]["value"]), synthetic=synthetic
        ),
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
