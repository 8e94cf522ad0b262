"""Curves of a stress test: means with intervals over the strength of a corruption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lungseg.report.style import BLUE, VERMILLION, new_figure, say, style

NUMBERS = {"volume_dsc_mean": ("DSC of the volume", BLUE), "hd95_mm_mean": ("HD95, mm", VERMILLION)}
COLUMNS = 4
LEAST_DSC, LEAST_MM = 0.9, 10.0
"""An axis reaches at least from here to 1, or from 0 to here: a fall of 0.0004 shall look flat."""


@style()
def stress_curve(name: str, corruption: Mapping[str, Any], *, synthetic: bool = False) -> Figure:
    """DSC and HD95 under one corruption.

    Args:
        name: Of the corruption.
        corruption: Its part of ``stress.json``.
        synthetic: Whether to note that the data are synthetic.
    """
    figure = new_figure(2.4, synthetic)
    for axes, key in zip(figure.subplots(1, 2), NUMBERS, strict=True):
        _curve(axes, name, corruption, key)
        axes.set_ylim(*limits([corruption], key))
    return figure


@style()
def stress_curves(summary: Mapping[str, Any], *, synthetic: bool = False) -> Figure:
    """DSC under all corruptions, on one scale.

    Args:
        summary: As in ``stress.json``, by corruption.
        synthetic: Whether to note that the data are synthetic.
    """
    lines = -(-len(summary) // COLUMNS)
    figure = new_figure(0.3 + 1.9 * lines, synthetic)
    grid = figure.subplots(lines, min(COLUMNS, len(summary)), sharey=True, squeeze=False)
    for axes in grid.flat[len(summary) :]:
        axes.set_visible(False)
    for axes, (name, corruption) in zip(grid.flat, summary.items(), strict=False):
        _curve(axes, name, corruption, "volume_dsc_mean")
        axes.set_ylim(*limits(list(summary.values()), "volume_dsc_mean"))
        axes.label_outer(remove_inner_ticks=False)
        axes.set_xlabel(f"{name}, {corruption['unit']}")
        axes.xaxis.set_tick_params(labelbottom=True)
    return figure


def limits(corruptions: Sequence[Mapping[str, Any]], key: str) -> tuple[float, float]:
    """Ends of an axis on which all means and intervals are, and small differences look small.

    Args:
        corruptions: Parts of ``stress.json``.
        key: Of the number.
    """
    numbers = [level[key] for one in corruptions for level in one["levels"]]
    there = [end for number in numbers if number["value"] is not None
             for end in (number["value"], *number.get("ci95", ()))]  # fmt: skip
    if key == "volume_dsc_mean":
        low = min([LEAST_DSC, *there])
        return low - 0.03 * (1 - low), 1 + 0.03 * (1 - low)
    high = max([LEAST_MM, *there])
    return -0.03 * high, 1.03 * high


def _curve(axes: Axes, name: str, corruption: Mapping[str, Any], key: str) -> None:
    """A number by level, at equal distances: strengths mostly double."""
    levels: Sequence[Mapping[str, Any]] = corruption["levels"]
    label, colour = NUMBERS[key]
    places = range(len(levels))
    axes.set(xlabel=f"{name}, {corruption['unit']}", ylabel=label)
    axes.set_xticks(places, [f"{level['strength']:g}" for level in levels])
    axes.set_xlim(-0.3, len(levels) - 0.7)
    values = [level[key]["value"] for level in levels]
    there = [k for k in places if values[k] is not None]
    if not there:
        say(axes, "undefined")
        return
    axes.plot(there, [values[k] for k in there], "-o", color=colour)
    spans = [(k, *levels[k][key]["ci95"]) for k in there if "ci95" in levels[k][key]]
    if spans:
        at, low, high = zip(*spans, strict=True)
        axes.vlines(at, low, high, color=colour, linewidth=3, alpha=0.3)
