"""Loss, DSC and accuracy by epoch, of all folds of a cross-validation in one figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lungseg.report.style import COLOUR, LINE, SPLITS, new_figure, say, style
from lungseg.report.training_curves import PANELS


@style()
def fold_curves(histories: Sequence[pd.DataFrame], *, synthetic: bool = False) -> Figure:
    """Loss, mean DSC and mean accuracy of each set by epoch, one line per fold.

    Args:
        histories: ``metrics.csv`` of each fold: one row per epoch, from 0; shown from 1.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure.
    """
    figure = new_figure(3.0, synthetic)
    grid = figure.subplots(1, 3)
    for axes, (metric, label) in zip(grid, PANELS.items(), strict=True):
        for split in SPLITS:
            named = False
            for history in histories:
                if (column := f"{split}/{metric}") not in history:
                    continue
                values = history[column].to_numpy(dtype=float)
                measured = np.isfinite(values)  # an epoch that was not evaluated has no number
                if not measured.any():
                    continue
                epochs = history["epoch"].to_numpy()[measured] + 1
                # One epoch is a point, which a line would not show.
                marker = "." if len(epochs) == 1 else ""
                axes.plot(
                    epochs,
                    values[measured],
                    LINE[split],
                    color=COLOUR[split],
                    marker=marker,
                    linewidth=0.8,
                    alpha=0.7,
                    label=None if named else split,
                )
                named = True
        if not axes.lines:
            say(axes, "not measured")
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    handles, labels = grid[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure
