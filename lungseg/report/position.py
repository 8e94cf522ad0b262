"""Errors of the prediction by position between the base and the apex of the lungs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lungseg.report.style import (
    COLOUR,
    GREY,
    LINE,
    SPLITS,
    new_figure,
    nonempty,
    say,
    style,
)

_BIN = 0.05


@style()
def position(slices: pd.DataFrame, *, synthetic: bool = False) -> Figure:
    """DSC and false positives by relative height, from the base (0) to the apex (1) of the lungs.

    Base and apex are a case's most caudal and most cranial slice with lung in the reference; a
    case without any is omitted. Lines are medians, bands extend between quartiles.

    Args:
        slices: One row per slice: split, case, z (0 is the most caudal), tp, fp, fn, tn, dsc.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(5.0, synthetic)
    upper, lower = figure.subplots(2, 1, sharex=True)
    table = _placed(slices)
    table = table.assign(
        invented=table["fp"] / (table["tp"] + table["fp"] + table["fn"] + table["tn"])
    )
    _panel(upper, nonempty(table), "dsc")
    _panel(lower, table, "invented")
    upper.set(ylabel="DSC, non-empty slices", ylim=(min(upper.get_ylim()[0], 0.99), 1.005))
    upper.set_title("lines: medians in bins of 0.05; bands: quartiles; dots: test slices")
    lower.set(
        ylabel="false positives,\nshare of the slice's pixels",
        xlabel="relative position: 0 = base (caudal), 1 = apex (cranial)",
    )
    lower.yaxis.set_major_formatter(PercentFormatter(1))
    for axes in (upper, lower):
        for end in (0, 1):
            axes.axvline(end, color=GREY, linewidth=0.7)
    lower.set_ylim(bottom=0)
    low, high = lower.get_xlim()
    for place, text in ((low, "below the lungs"), (0.5, "lungs"), (high, "above")):
        lower.annotate(
            text,
            (min(max(place, low), high), 1),
            xycoords=("data", "axes fraction"),
            ha={low: "left", high: "right"}.get(place, "center"),
            va="bottom",
            color=GREY,
        )
    return figure


def _placed(slices: pd.DataFrame) -> pd.DataFrame:
    """Add each slice's relative position; the only lung slice of a case is in the middle."""
    lung = nonempty(slices).groupby("case")["z"]
    table = slices[slices["case"].isin(lung.groups)]
    base = table["case"].map(lung.min())
    height = table["case"].map(lung.max()) - base
    # With a single lung slice, positions outside it are in numbers of slices.
    where = (table["z"] - base) / height.where(height > 0, 1) + 0.5 * (height == 0)
    return table.assign(position=where)


def _panel(axes: Axes, table: pd.DataFrame, column: str) -> None:
    table = table.dropna(subset=["position", column])
    if not len(table):
        say(axes, "no slices of cases with lung")
        return
    for split in SPLITS:
        part = table[table["split"] == split]
        if not len(part):
            continue
        middles, quartiles = _quartiles(part["position"].to_numpy(), part[column].to_numpy())
        axes.fill_between(
            middles, quartiles[0], quartiles[2], color=COLOUR[split], alpha=0.2, linewidth=0
        )
        axes.plot(
            middles,
            quartiles[1],
            LINE[split],
            color=COLOUR[split],
            label=f"{split} (n = {len(part)} slices, {part['case'].nunique()} cases)",
        )
        if split == "test":
            axes.plot(part["position"], part[column], ".", color=COLOUR[split], ms=2.5, alpha=0.6)
    # Not "best": among thousands of dots its search is slow, and warns.
    axes.legend(loc="lower center" if column == "dsc" else "upper right")


def _quartiles(
    position: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Middles of the bins ``[n]`` and their quartiles ``[3, n]``, NaN in bins without values.

    Base and apex themselves belong to the first and the last bin of the lungs.
    """
    # Rounded first: a position such as 0.15 must not fall below its own edge.
    bins = np.floor(np.round(position / _BIN, 6)).astype(int)
    bins[position == 1] -= 1
    every = np.arange(bins.min(), bins.max() + 1)
    quartiles = np.full((3, len(every)), np.nan)
    for i, number in enumerate(every):
        if (bins == number).any():
            quartiles[:, i] = np.percentile(values[bins == number], [25, 50, 75])
    return (every + 0.5) * _BIN, quartiles
