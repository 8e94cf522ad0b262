"""The curves of a plan: width of an interval and power of a comparison, by number of patients."""

from __future__ import annotations

import base64
import io

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lungseg.metrics.planning import interval_width, power_of
from lungseg.metrics.statistics import least_cases
from lungseg.report.planning import Plan
from lungseg.report.style import BLUE, GREY, VERMILLION, new_figure, style

POINTS = 60
HEIGHT = 2.3


def planning_figure(plan: Plan, *, synthetic: bool) -> Figure:
    """Both curves, of the setting and of the pair that scatter most."""
    figure = new_figure(HEIGHT, synthetic)
    figure.set_layout_engine(None)  # it draws several times, in the report of every run
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.075, right=0.985, bottom=0.2, top=0.96, wspace=0.2)
    _widths(left, plan)
    _powers(right, plan)
    return figure


def svg(figure: Figure) -> bytes:
    """The figure as SVG, the same bytes for the same figure; its text stays text."""
    content = io.BytesIO()
    with style(), mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lungseg"}):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def as_url(content: bytes) -> str:
    """An SVG as a ``data:`` URL."""
    return f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"


def _counts(least: int, *marked: int | None) -> list[int]:
    """Numbers of patients from the least to well above those that are marked."""
    last = max([20, *(n for n in marked if n is not None)])
    return [int(n) for n in np.unique(np.linspace(least, 1.25 * last, POINTS).round())]


def _widths(axes: Axes, plan: Plan) -> None:
    need = plan.width
    counts = _counts(2, need.n, need.n_cautious)
    for sd, n, dash, name in (
        (need.sd, need.n, "-", "SD of these patients"),
        (need.sd_cautious, need.n_cautious, "--", "SD at its upper 80 % limit"),
    ):
        low, high = plan.ends
        widths = [interval_width(k, need.mean, sd, low=low, high=high) for k in counts]
        axes.plot(counts, widths, dash, color=BLUE, label=name)
        if n is not None:
            axes.plot([n], [plan.goal.width], "o", color=BLUE)
    axes.axhline(plan.goal.width, color=GREY, linewidth=0.7)
    axes.set_ylim(0, 5 * plan.goal.width)
    unit = "" if plan.metric.higher_is_better else ", mm"
    _finish(axes, "test patients", f"width of the interval{unit}")


def _powers(axes: Axes, plan: Plan) -> None:
    need, goal = plan.pair, plan.goal
    counts = _counts(least_cases(), need.n, need.n_cautious)
    for factor, dash in ((0.5, ":"), (1, "-"), (2, "-.")):
        powers = [power_of(k, factor * goal.difference, need.sd) for k in counts]
        name = f"difference {factor * goal.difference:g}"
        axes.plot(counts, powers, dash, color=VERMILLION, label=name)
    powers = [power_of(k, goal.difference, need.sd_cautious) for k in counts]
    axes.plot(counts, powers, "--", color=VERMILLION, label="SD at its upper 80 % limit", alpha=0.5)
    if need.n is not None:
        axes.plot([need.n], [goal.power], "o", color=VERMILLION)
    axes.axhline(goal.power, color=GREY, linewidth=0.7)
    axes.set_ylim(0, 1.02)
    _finish(axes, "patients tested by both", "power")


def _finish(axes: Axes, x: str, y: str) -> None:
    axes.set_xlim(left=0)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.legend(frameon=True, framealpha=0.8, edgecolor="none")
