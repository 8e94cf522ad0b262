"""All slices of all cases in one figure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from lungseg.report.style import SPLITS, lower_limit, new_figure, nonempty, say, style

_MOST_CASES = 80  # more columns than this are too narrow to see on a page
_MOST_NAMES = 45
_UNDEFINED = "0.72"  # neutral grey, which viridis does not contain


@style()
def heatmaps(slices: pd.DataFrame, *, synthetic: bool = False) -> Figure:
    """Mask size, DSC and accuracy of every case, slice by slice, caudal at the bottom.

    Args:
        slices: One row per slice: split, case, z (0 is the most caudal), tp, fn, mask_fraction,
            dsc, accuracy.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure; of more than 80 cases, the worst by mean DSC, with a note.
    """
    figure = new_figure(8.0, synthetic)
    cases = _cases(slices)
    if not cases:
        say(figure.subplots(), "no slices")
        return figure
    total = sum(map(len, cases.values()))
    # No set is narrower than its title.
    widths = [max(len(names), total / 5) for names in cases.values()]
    grid = figure.subplots(
        3, len(cases), squeeze=False, sharex="col", sharey=True, width_ratios=widths
    )
    shown = pd.concat(
        [slices[(slices["split"] == s) & slices["case"].isin(names)] for s, names in cases.items()]
    )
    defined = nonempty(shown)
    largest = float(np.nan_to_num(shown["mask_fraction"].max()))
    rows = (
        ("mask_fraction", "lung, share of the slice's pixels\n(reference)", shown, 0.0, largest),
        ("dsc", "DSC, non-empty slices", defined, lower_limit(defined["dsc"], 0.05), 1.0),
        ("accuracy", "accuracy, all slices", shown, lower_limit(shown["accuracy"], 0.05), 1.0),
    )
    for panels, (column, label, table, low, high) in zip(grid, rows, strict=True):
        for axes, (split, names) in zip(panels, cases.items(), strict=True):
            if column == "dsc":
                _undefined(axes, shown[shown["split"] == split], names)
            values = _array(table[table["split"] == split], names, column, shown["z"].max())
            image = _heatmap(axes, values, low, max(high, low + 1e-3))
        panels[0].set_ylabel("slice, caudal to cranial")
        below = bool((table[column] < low).any())
        bar = figure.colorbar(image, ax=list(panels), extend="min" if below else "neither")
        bar.set_label(label)
    for top, bottom, (split, names) in zip(grid[0], grid[-1], cases.items(), strict=True):
        everyone = slices.loc[slices["split"] == split, "case"].nunique()
        which = f"n = {everyone} cases"
        if len(names) < everyone:
            which = f"{len(names)} of {everyone} cases,\nlowest mean DSC, worst at the left"
        top.set_title(f"{split}: {which}")
        every = -(-total // _MOST_NAMES)
        bottom.set_xticks(range(0, len(names), every), names[::every], rotation=90)
    figure.legend(
        handles=[
            Patch(color=_UNDEFINED, label="reference empty: DSC undefined"),
            Patch(facecolor="white", edgecolor="0.6", hatch="//////", label="no slice"),
        ],
        loc="outside lower center",
        ncols=2,
    )
    return figure


def _cases(slices: pd.DataFrame) -> dict[str, list[str]]:
    """Cases of each set: all by name, or the worst first if there are too many."""
    sets = {s: sorted(slices.loc[slices["split"] == s, "case"].unique()) for s in SPLITS}
    sets = {s: names for s, names in sets.items() if names}
    if sum(map(len, sets.values())) <= _MOST_CASES:
        return sets
    # Space that a small set leaves is given to the larger ones.
    room, left = _MOST_CASES, len(sets)
    for split in sorted(sets, key=lambda s: len(sets[s])):
        dsc = nonempty(slices[slices["split"] == split]).groupby("case")["dsc"].mean()
        ranked = sorted(sets[split], key=lambda case: (float(dsc.get(case, np.inf)), case))
        if len(ranked) > room // left:
            sets[split] = ranked[: room // left]
        room, left = room - len(sets[split]), left - 1
    return sets


def _array(table: pd.DataFrame, names: list[str], column: str, top: int) -> npt.NDArray[np.float64]:
    """Values as ``[z, case]``, NaN if the table has none."""
    cells = table.pivot(index="z", columns="case", values=column)
    values: npt.NDArray[np.float64] = cells.reindex(index=range(top + 1), columns=names).to_numpy(
        dtype=float
    )
    return values


def _undefined(axes: Axes, shown: pd.DataFrame, names: list[str]) -> None:
    """Draw existing slices in grey; it remains visible where the DSC is undefined."""
    there = np.isfinite(_array(shown.assign(there=1.0), names, "there", shown["z"].max()))
    axes.imshow(
        np.ma.masked_equal(there, False),
        cmap=ListedColormap([_UNDEFINED]),
        aspect="auto",
        origin="lower",
    )


def _heatmap(axes: Axes, values: npt.NDArray[np.float64], low: float, high: float) -> AxesImage:
    axes.patch.set(facecolor="white", edgecolor="0.6", hatch="//////")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return axes.imshow(
        np.ma.masked_invalid(values),
        cmap="viridis",
        vmin=low,
        vmax=high,
        aspect="auto",
        origin="lower",
    )
