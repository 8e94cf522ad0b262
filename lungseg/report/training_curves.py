"""Loss, DSC and accuracy by epoch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lungseg.report.style import COLOUR, LINE, MARKER, SPLITS, new_figure, say, style

PANELS = {
    "loss": "loss",
    "dsc": "mean DSC, non-empty slices",
    "accuracy": "mean accuracy, all slices",
}


@style()
def training(history: pd.DataFrame, *, synthetic: bool = False) -> Figure:
    """Loss, mean DSC and mean accuracy of each set by epoch.

    Args:
        history: One row per epoch: epoch (from 0; shown from 1), and for each measured set
            ``<set>/loss``, ``<set>/dsc`` (non-empty slices) and ``<set>/accuracy``.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(3.0, synthetic)
    grid = figure.subplots(1, 3)
    for axes, (metric, label) in zip(grid, PANELS.items(), strict=True):
        _panel(axes, history, metric)
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    handles, labels = grid[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _panel(axes: Axes, history: pd.DataFrame, metric: str) -> None:
    epochs = history["epoch"].to_numpy() + 1
    lines = {s: history[f"{s}/{metric}"] for s in SPLITS if f"{s}/{metric}" in history}
    lines = {s: line.to_numpy(dtype=float) for s, line in lines.items() if line.notna().any()}
    if not lines:
        say(axes, "not measured")
        return
    for split, values in lines.items():
        measured = ~np.isnan(values)  # an epoch that was not evaluated has no number
        axes.plot(
            epochs[measured],
            values[measured],
            LINE[split],
            color=COLOUR[split],
            marker=MARKER[split] if len(epochs) <= 30 else "",
            label=split,
        )
    if metric != "loss":
        _limits(axes, epochs, np.array(list(lines.values())))


def _limits(axes: Axes, epochs: np.ndarray, values: np.ndarray) -> None:
    """Limit the axis to later epochs if the first ones would flatten them, with a note."""
    skip = 0
    # Omit epochs that take up more than half of the axis, at most a quarter of all.
    while skip < len(epochs) // 4 and _span(values[:, skip + 1 :]) < _span(values[:, skip:]) / 2:
        skip += 1
    low, high = np.nanmin(values[:, skip:]), np.nanmax(values)
    outside = (values < low).any(axis=0)
    if not outside.any():
        return
    margin = 0.06 * max(high - low, 1e-4)
    axes.set_ylim(low - margin, high + margin)
    first, last = epochs[outside][[0, -1]]
    when = f"epoch {first}" if first == last else f"epochs {first} to {last}"
    axes.set_title(f"below the axis: {when},\ndown to {np.nanmin(values):.3f}", fontsize=7)


def _span(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.ptp(finite)) if len(finite) else np.inf
