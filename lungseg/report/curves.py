"""Quality of the test set's probabilities: curves over thresholds, and calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lungseg.report.style import BLUE, GREY, VERMILLION, lower_limit, new_figure, say, style

_SQUARE = {"xlim": (0, 1.01), "ylim": (0, 1.01)}


@style()
def precision_recall(
    curve: pd.DataFrame,
    area: float,
    positive_share: float,
    threshold: float | None = None,
    *,
    synthetic: bool = False,
) -> Figure:
    """Precision against recall of the pooled test pixels.

    Args:
        curve: One row per threshold, from high to low: threshold, precision, recall.
        area: Area under the curve.
        positive_share: Share of lung among the pixels: the precision of chance.
        threshold: Operating threshold; the curve's nearest row is marked.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(4.4, synthetic)
    axes = figure.subplots()
    axes.set(
        xlabel="recall, pixels of all test slices pooled",
        ylabel="precision, pixels of all test slices pooled",
        **_SQUARE,
    )
    rows = curve.dropna(subset=["precision", "recall"])
    panels = [axes]
    # The point of equal precision and recall determines the range of the axes.
    turn = float(np.minimum(rows["precision"], rows["recall"]).max()) if len(rows) else 0.0
    if turn > 0.8:
        low = lower_limit([1 - 3 * (1 - turn)], 0.0)
        panels.append(_zoom(axes, (low, 1 + 0.02 * (1 - low)), (low, 1 + 0.02 * (1 - low))))
    for panel in panels:
        panel.plot(
            rows["recall"], rows["precision"], color=VERMILLION, label=f"test, area {area:.4f}"
        )
        panel.axhline(
            positive_share, color=GREY, linestyle=":", label=f"chance {positive_share:.3f}"
        )
        if threshold is not None and len(rows):
            _mark(panel, rows, threshold, "recall", "precision")
    if not len(rows):
        say(axes, "precision is undefined at every threshold")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@style()
def calibration(
    table: pd.DataFrame, ece: float, brier: float, *, synthetic: bool = False
) -> Figure:
    """Share of lung against predicted probability, with the number of pixels below.

    Args:
        table: One row per bin of probability: lower, upper, n (pixels), mean_probability and
            positive_share (both NaN where n is 0).
        ece: Expected calibration error.
        brier: Brier score.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(5.2, synthetic)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    filled = table[table["n"] > 0]
    upper.plot([0, 1], [0, 1], ":", color=GREY, label="perfect calibration")
    upper.plot(
        filled["mean_probability"],
        filled["positive_share"],
        "o-",
        color=VERMILLION,
        label="test, mean of each bin",
    )
    upper.set(ylabel="share of lung in the reference", **_SQUARE)
    upper.set_title(f"expected calibration error {ece:.4f}, Brier score {brier:.4f}")
    upper.legend(loc="upper left")
    n = table["n"].to_numpy()
    lower.set(
        xlabel=f"predicted probability of lung, pixels of all test slices (n = {n.sum():,})",
        ylabel="pixels",
    )
    if not n.sum():
        say(lower, "no pixels")
        return figure
    edges = np.append(table["lower"].to_numpy(), table["upper"].to_numpy()[-1])
    lower.set_yscale("log")
    lower.set_ylim(0.7, 3 * n.max())
    # Bars start below the axis: a logarithmic one has no 0.
    lower.stairs(np.maximum(n, 0.1), edges, baseline=0.1, fill=True, color=VERMILLION, alpha=0.5)
    return figure


@style()
def thresholds(
    curve: pd.DataFrame, threshold: float, roc_auc: float, *, synthetic: bool = False
) -> Figure:
    """Pooled DSC at every threshold, and the receiver operating characteristic.

    Args:
        curve: One row per threshold: threshold, dsc (pooled over all test pixels), fpr, recall.
        threshold: The threshold that predictions use.
        roc_auc: Area under the receiver operating characteristic.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(3.6, synthetic)
    left, right = figure.subplots(1, 2)
    rows = curve[np.isfinite(curve["threshold"]) & curve["dsc"].notna()]
    left.set(xlabel="threshold", ylabel="DSC, pixels of all test slices pooled", **_SQUARE)
    if len(rows):
        _dsc(left, rows, threshold)
    else:
        say(left, "the DSC is undefined at every threshold")
    points = curve.dropna(subset=["fpr", "recall"])
    right.set(
        xlabel="false positive rate, pooled pixels", ylabel="recall, pooled pixels", **_SQUARE
    )
    panels = [right]
    corner = float((points["recall"] - points["fpr"]).max()) if len(points) else 0.0
    if corner > 0.8:
        low = lower_limit([1 - 3 * (1 - corner)], 0.0)
        panels.append(_zoom(right, (-0.03 * (1 - low), 1 - low), (low, 1 + 0.03 * (1 - low))))
    for panel in panels:
        panel.plot(points["fpr"], points["recall"], color=VERMILLION, label=f"area {roc_auc:.4f}")
        panel.plot([0, 1], [0, 1], ":", color=GREY, label="chance 0.5")
        finite = points[np.isfinite(points["threshold"])]
        if len(finite):
            _mark(panel, finite, threshold, "fpr", "recall")
    if not len(points):
        say(right, "recall or false positive rate\nis undefined")
    else:
        right.legend(loc="lower right")
    return figure


def _dsc(axes: Axes, rows: pd.DataFrame, threshold: float) -> None:
    """DSC by threshold, in full and near its maximum, with the used and the best threshold."""
    best = rows.loc[rows["dsc"].idxmax()]
    panels = [axes]
    if best["dsc"] > 0.8:
        low = lower_limit([1 - 3 * (1 - best["dsc"])], 0.0)
        panels.append(_zoom(axes, (0, 1), (low, 1)))
    for panel in panels:
        panel.plot(rows["threshold"], rows["dsc"], color=VERMILLION)
        _mark(panel, rows, threshold, "threshold", "dsc", value="DSC")
        panel.plot(
            best["threshold"],
            best["dsc"],
            "D",
            markerfacecolor="none",
            color=BLUE,
            markersize=7,
            label=f"best, NOT selected: {best['threshold']:.3g}, DSC {best['dsc']:.4f}",
        )
    axes.legend(loc="lower center")


def _zoom(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> Axes:
    inset = axes.inset_axes((0.3, 0.36, 0.55, 0.5), xlim=x, ylim=y)
    inset.tick_params(labelsize=7)
    inset.spines[:].set_visible(True)
    axes.indicate_inset_zoom(inset, edgecolor="0.7")
    return inset


def _mark(
    axes: Axes, rows: pd.DataFrame, threshold: float, x: str, y: str, value: str | None = None
) -> None:
    """Mark the row whose threshold is nearest to the operating one."""
    row: Any = rows.loc[(rows["threshold"] - threshold).abs().idxmin()]
    label = f"used threshold: {threshold:.3g}"
    if value:
        label += f", {value} {row[y]:.4f}"
    axes.plot(row[x], row[y], "o", color="black", markersize=5, label=label, zorder=3)
