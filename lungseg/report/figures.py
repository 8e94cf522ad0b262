"""All figures of an evaluation: the ten of the report, and four more."""

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
"""Number of slices shown of each kind."""

Fetch = Callable[[pd.DataFrame], list[Example]]


@dataclass(frozen=True)
class Named:
    """A figure with the name of its file and what it shows."""

    name: str
    caption: str
    figure: Figure


def draw(evaluation: Evaluation, fetch: Fetch) -> Iterator[Named]:
    """Draw all figures, one at a time.

    Args:
        evaluation: Tables and numbers.
        fetch: Returns image, reference and prediction for rows of ``evaluation.slices``.
    """
    synthetic = evaluation.synthetic
    test = evaluation.slices[evaluation.slices["split"] == "test"]
    numbers = evaluation.summary["test"]

    def show(kind: str, title: str) -> Figure:
        return examples(title, fetch(choose(test, kind, EXAMPLES)), synthetic=synthetic)

    if evaluation.history is not None:
        yield Named(
            "fig01_training",
            "Loss, mean DSC of non-empty slices and mean accuracy by epoch. Those of training are"
            " measured while the weights change, the others after the epoch. The loss sums over a"
            " batch, so its level depends on the batches: compare it only with itself.",
            training(evaluation.history, synthetic=synthetic),
        )
    yield Named(
        "fig02_histograms",
        "Distributions of DSC (non-empty slices) and accuracy (all slices).",
        histograms(evaluation.slices, synthetic=synthetic),
    )
    yield Named(
        "fig03_accuracy_dsc",
        "Accuracy against DSC of each test slice, coloured by the size of its reference mask.",
        accuracy_against_dsc(evaluation.slices, synthetic=synthetic),
    )
    yield Named(
        "fig04_heatmaps",
        "Mask size, DSC and accuracy of every slice; one column per case, from feet to head.",
        heatmaps(evaluation.slices, synthetic=synthetic),
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
        "Slices without lung in the reference, by accuracy, with false positives.",
        empty(*groups, synthetic=synthetic),
    )
    # Masks without probabilities have neither.
    calibrated, threshold = evaluation.calibration, evaluation.threshold
    if threshold is not None and calibrated is not None:
        yield Named(
            "fig10_pr_curve",
            "Precision against recall of the test pixels over all thresholds.",
            precision_recall(
                evaluation.curve,
                or_nan(numbers["pr_auc"]["value"]),
                numbers["positive_share"]["value"],
                threshold,
                synthetic=synthetic,
            ),
        )
    yield Named(
        "fig11_position",
        "Errors along the body: DSC and false positives between base (0) and apex (1).",
        position(evaluation.slices, synthetic=synthetic),
    )
    if calibrated is not None:
        yield Named(
            "fig12_calibration",
            "Observed share of lung by predicted probability, over pixels.",
            calibration(
                pd.DataFrame(vars(calibrated)),
                numbers["ece"]["value"],
                numbers["brier"]["value"],
                synthetic=synthetic,
            ),
        )
    if evaluation.worst:
        yield Named(
            "fig13_surface_error",
            "The test case with the largest HD95: its reference's surface with the distance to the"
            " predicted one, and the predicted surface with the distance to the reference's.",
            surface_error(evaluation.worst, synthetic=synthetic),
        )
    if threshold is not None and calibrated is not None:
        yield Named(
            "fig14_thresholds",
            "Pooled DSC over all thresholds, and recall against false positive rate. The best"
            " threshold was optimized on these pixels: it is shown, not used.",
            thresholds(
                evaluation.curve,
                threshold,
                or_nan(numbers["roc_auc"]["value"]),
                synthetic=synthetic,
            ),
        )


def or_nan(value: float | None) -> float:
    """A number that is drawn; NaN where it is undefined."""
    return math.nan if value is None else value
