"""Common style of all figures: colours for colour-blind readers, fonts, page width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SPLITS = ("test", "val", "train")
"""Sets of slices, in the order of figures."""

# Okabe and Ito's colours; line style and marker distinguish the sets without colour.
BLUE, SKY, VERMILLION, GREEN = "#0072B2", "#56B4E9", "#D55E00", "#009E73"
COLOUR = {"train": BLUE, "val": GREEN, "test": VERMILLION}
LINE = {"train": "--", "val": ":", "test": "-"}
MARKER = {"train": "s", "val": "^", "test": "o"}
GREY = "0.45"

WIDTH = 7.0
"""Width of every figure in inches: A4 less its margins."""

_RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.labelsize": 8,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 8,
    "figure.titlesize": 9,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "hatch.linewidth": 0.4,
    "image.interpolation": "nearest",
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}
_LIMITS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)


@contextmanager
def style() -> Iterator[None]:
    """Context manager or decorator with matplotlib's settings for the report.

    Needed for drawing as well as building: matplotlib creates most ticks only when it draws.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def new_figure(height: float, synthetic: bool) -> Figure:
    """An empty figure of the page's width with automatic layout.

    Args:
        height: Height in inches.
        synthetic: Whether to note in the lower right corner that the data are synthetic.
    """
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    if synthetic:
        strip = 0.17 / height  # room for one line, so that the note does not cover tick labels
        engine: Any = figure.get_layout_engine()
        engine.set(rect=(0, strip, 1, 1 - strip))
        figure.text(
            0.995, 0.03 / height, "synthetic data", ha="right", va="bottom", fontsize=7, color=GREY
        )
    return figure


def nonempty(slices: pd.DataFrame) -> pd.DataFrame:
    """Rows of the slices with lung in the reference, for which the DSC is meaningful."""
    return slices[slices["tp"] + slices["fn"] > 0]


def lower_limit(values: npt.ArrayLike, share: float) -> float:
    """Round lower end of an axis up to 1, for values concentrated just below 1.

    Args:
        values: ``[n]`` numbers from 0 to 1; NaN are ignored.
        share: Share of the values that may be below the limit.

    Returns:
        The largest of some round numbers with no more than `share` of the values below it.

    Example:
        >>> lower_limit([0.7, 0.96, 0.97, 0.98], share=0.25)
        0.95
    """
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    fits = [limit for limit in _LIMITS if not len(array) or np.mean(array < limit) <= share]
    return fits[-1] if len(array) else 0.0


def say(axes: Axes, text: str) -> None:
    """Write in the middle of a panel why it is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)
