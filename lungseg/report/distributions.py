"""Distributions of DSC and accuracy over slices, and their relation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lungseg.report.style import (
    COLOUR,
    GREY,
    LINE,
    SPLITS,
    lower_limit,
    new_figure,
    nonempty,
    say,
    style,
)

_BINS = 25


@style()
def histograms(slices: pd.DataFrame, *, synthetic: bool = False) -> Figure:
    """Share of slices by DSC (non-empty slices) and by accuracy (all slices) in each set.

    The left panels show all slices. The right ones show the range just below 1, with the share of
    slices to the left of it.

    Args:
        slices: One row per slice: split, tp, fn, dsc, accuracy.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(4.6, synthetic)
    grid = figure.subplots(2, 2)
    rows = (
        ("DSC, non-empty slices", nonempty(slices), "dsc"),
        ("accuracy, all slices", slices, "accuracy"),
    )
    for (whole, zoomed), (label, table, column) in zip(grid, rows, strict=True):
        sets = {s: table.loc[table["split"] == s, column].dropna().to_numpy() for s in SPLITS}
        sets = {s: values for s, values in sets.items() if len(values)}
        everything = np.concatenate([[], *sets.values()])
        _histogram(whole, sets, lower_limit(everything, 0.0))
        low = lower_limit(everything, 0.2)
        left = [
            f"{s} {np.mean(values < low):.1%} ({np.sum(values < low)})"
            for s, values in sets.items()
        ]
        _histogram(zoomed, sets, low)
        whole.set_title(f"{label}: whole range")
        zoomed.set_title(f"from {low:g}; further left:\n{', '.join(left)}" if left else "")
        for axes in (whole, zoomed):
            axes.set(xlabel=label, ylabel="share of slices")
        if sets:
            whole.legend(loc="upper left")
    return figure


def _histogram(axes: Axes, sets: dict[str, npt.NDArray[np.float64]], low: float) -> None:
    if not sets:
        say(axes, "no slices")
        return
    edges = np.linspace(low, 1, _BINS + 1)
    for split, values in sets.items():
        share = np.histogram(values, edges)[0] / len(values)
        axes.stairs(
            share,
            edges,
            color=COLOUR[split],
            linestyle=LINE[split],
            linewidth=1.1,
            label=f"{split} (n = {len(values)})",
        )
        if split == "test":
            axes.stairs(share, edges, fill=True, color=COLOUR[split], alpha=0.25)
    axes.set_xlim(low, 1 + 0.01 * (1 - low))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(1))


@style()
def accuracy_against_dsc(slices: pd.DataFrame, *, synthetic: bool = False) -> Figure:
    """Accuracy against DSC of the non-empty test slices, coloured by the size of the reference.

    A strip at the right shows the accuracy of the empty slices, which have no DSC.

    Args:
        slices: One row per slice: split, tp, fn, dsc, accuracy, mask_fraction.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    test = slices[slices["split"] == "test"]
    lung = nonempty(test).dropna(subset=["dsc", "accuracy"])
    empty = test.loc[test["tp"] + test["fn"] == 0, "accuracy"].dropna().sort_values().to_numpy()
    figure = new_figure(3.3, synthetic)
    whole, zoomed, strip = figure.subplots(1, 3, sharey=True, width_ratios=[3, 3, 1])
    low = lower_limit(lung["dsc"], 0.25)
    left = int((lung["dsc"] < low).sum())
    colour_limit = max(float(lung["mask_fraction"].max()), 1e-3) if len(lung) else 1.0
    for axes in (whole, zoomed):
        points = axes.scatter(
            lung["dsc"],
            lung["accuracy"],
            c=lung["mask_fraction"],
            cmap="viridis",
            vmin=0,
            vmax=colour_limit,
            s=14,
            linewidths=0.3,
            edgecolors="black",
        )
        axes.set(xlabel="DSC, non-empty test slices")
        if not len(lung):
            say(axes, "no non-empty test slices")
    lowest = lower_limit(lung["dsc"], 0.0)
    whole.set(ylabel="accuracy, test slices", xlim=(lowest, 1 + 0.03 * (1 - lowest)))
    whole.set_title(f"all (n = {len(lung)})")
    zoomed.set_xlim(low, 1 + 0.03 * (1 - low))
    # The lowest label would touch the 1 of the left panel.
    zoomed.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], prune="lower"))
    zoomed.set_title(f"DSC from {low:g}; {left} further left")
    # Spread horizontally in order of accuracy, so that equal values do not overlap.
    strip.plot((np.arange(len(empty)) + 0.5) / max(len(empty), 1), empty, "x", color=GREY, ms=3)
    strip.set(xlim=(-0.1, 1.1), xticks=[], xlabel="in order\nof accuracy")
    strip.set_title(f"empty (n = {len(empty)}),\nDSC undefined")
    bar = figure.colorbar(points, ax=[whole, zoomed, strip], pad=0.02)
    bar.set_label("lung, share of the slice's pixels\n(reference)")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    return figure
