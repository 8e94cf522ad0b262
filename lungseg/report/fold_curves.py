"""Loss, DSC and accuracy by epoch, of all folds of a cross-validation in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lungseg.report.style import GREY, LINE, SPLITS, new_figure, say, style
from lungseg.report.training_curves import PANELS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, without yellow, which is pale on white."""
NAMED = 12
"""Folds up to which each is in the legend; of more the first and the last, along a scale."""


@style()
def fold_curves(
    histories: Sequence[pd.DataFrame], names: Sequence[str], *, synthetic: bool = False
) -> Figure:
    """Loss, mean DSC and mean accuracy of each set by epoch, one line per fold.

    Colours tell the folds apart, line styles the sets.

    Args:
        histories: ``metrics.csv`` of each fold: one row per epoch, from 0; shown from 1.
        names: Of the folds, for the legend.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    colours = fold_colours(len(histories))
    figure = new_figure(3.3, synthetic)
    grid = figure.subplots(1, 3)
    for axes, (metric, label) in zip(grid, PANELS.items(), strict=True):
        for split in SPLITS:
            for history, colour in zip(histories, colours, strict=True):
                _line(axes, history, f"{split}/{metric}", linestyle=LINE[split], color=colour)
        if not axes.lines:
            say(axes, "not measured")
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    drawn = [split for split in SPLITS if any(f"{split}/loss" in one for one in histories)]
    styles: dict[str, Any] = LINE
    handles = [Line2D([], [], color=GREY, linestyle=styles[one], label=one) for one in drawn]
    every = list(zip(names, colours, strict=True))
    for name, colour in every if len(every) <= NAMED else [every[0], every[-1]]:
        handles.append(Line2D([], [], color=colour, label=name))
    figure.legend(handles=handles, loc="outside upper center", ncols=8)
    return figure


def fold_colours(n: int) -> list[Any]:
    """A colour for each of `n` folds, told apart by colour-blind readers as well.

    Example:
        >>> fold_colours(2)
        ['#0072B2', '#D55E00']
    """
    if n <= len(COLOURS):
        return list(COLOURS[:n])
    # Without its last part, which is pale on white.
    return [mpl.colormaps["cividis"](0.85 * k / (n - 1)) for k in range(n)]


def _line(axes: Axes, history: pd.DataFrame, column: str, **look: Any) -> None:
    if column not in history:
        return
    values = history[column].to_numpy(dtype=float)
    measured = np.isfinite(values)  # an epoch that was not evaluated has no number
    if not measured.any():
        return
    epochs = history["epoch"].to_numpy()[measured] + 1
    # One epoch is a point, which a line would not show.
    marker = "." if len(epochs) == 1 else ""
    axes.plot(epochs, values[measured], marker=marker, linewidth=0.9, **look)
