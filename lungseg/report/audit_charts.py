"""Small charts of a cohort as plain SVG, without scripts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

WIDTH, HEIGHT, EDGE = 240, 40, 6
"""Size of the field of dots, and the margin on either side, in pixels."""
BINS = 48
DOT = 5.6
"""Diameter of a dot. A stack that would not fit is drawn as a bar."""


@dataclass(frozen=True)
class Mark:
    """A dot for one case, or a bar for all cases of a bin.

    Attributes:
        x: Middle, in pixels from the left.
        y: Middle of a dot, or top of a bar, in pixels from the top.
        height: Height of a bar; 0 for a dot.
        text: Shown under the pointer.
    """

    x: float
    y: float
    height: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Distribution of one figure over the cases.

    Attributes:
        title: What is shown.
        summary: Median and range in words.
        low: Label of the left end.
        high: Label of the right end.
        marks: Dots and bars.
    """

    title: str
    summary: str
    low: str
    high: str
    marks: list[Mark]


def spread(title: str, values: Mapping[str, float], digits: int = 3, unit: str = "") -> Chart:
    """One dot per case, stacked for similar values; bars if there are too many.

    Args:
        title: Title of the chart.
        values: By case, not empty.
        digits: Number of significant digits.
        unit: Unit of the values.
    """

    def say(value: float) -> str:
        return shown(value, digits)

    low, high = min(values.values()), max(values.values())
    middle = f"{say(statistics.median(values.values()))}{unit}"
    summary, ends = f"median {middle}, {say(low)} to {say(high)}", (say(low), say(high))
    if math.isclose(low, high, rel_tol=1e-6, abs_tol=1e-9):
        low, high = low - 1, high + 1  # one stack, in the middle
        summary, ends = f"{middle} in all", ("", "")
    bins: dict[int, list[str]] = {}
    for name, value in values.items():
        bins.setdefault(min(int((value - low) / (high - low) * BINS), BINS - 1), []).append(name)
    marks = [mark for position in sorted(bins) for mark in _stack(position, bins, values, say)]
    return Chart(title, summary, *ends, marks)


def shown(value: float, digits: int = 3) -> str:
    """A number with this many significant digits; whole numbers in full."""
    if abs(value) >= 10**digits or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def _stack(
    position: int,
    bins: Mapping[int, list[str]],
    values: Mapping[str, float],
    say: Callable[[float], str],
) -> list[Mark]:
    names = bins[position]
    x = round(EDGE + (position + 0.5) * (WIDTH - 2 * EDGE) / BINS, 1)
    most = max(map(len, bins.values()))
    if most * DOT <= HEIGHT:
        return [
            Mark(x, round(HEIGHT - (level + 0.5) * DOT, 1), 0, f"{name}: {say(values[name])}")
            for level, name in enumerate(names)
        ]
    height = round(max(1.0, HEIGHT * len(names) / most), 1)
    among = [values[name] for name in names]
    many = f"{len(names)} cases" if len(names) > 1 else names[0]
    ends = (
        say(min(among)) if min(among) == max(among) else f"{say(min(among))} to {say(max(among))}"
    )
    return [Mark(x, round(HEIGHT - height, 1), height, f"{many}: {ends}")]
