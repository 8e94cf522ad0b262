"""Colours and dashes of the settings in a comparison's charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plotly.colors import sample_colorscale

from lungseg.report.compared import Comparison

# Okabe and Ito's, without their yellow, which is hard to see on white.
FEW_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#1b1f24",
               "#8a6f3c")  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SCALE, LIGHTEST = "Cividis", 0.87
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def looks_of(comparison: Comparison) -> tuple[list[tuple[str, str]], dict[str, Any] | None]:
    """Colour and dash of each setting's lines, and the colour bar where colours show a number.

    Many settings share colours with other dashes, unless one number alone tells them apart: then
    the colour shows that number.
    """
    settings = comparison.settings
    n = len(FEW_COLOURS)
    if len(settings) > n and len(comparison.varied) == 1:
        (varied,) = comparison.varied
        values = [varied.of(setting.runs[0]) for setting in settings]
        numbers = [value for value in values if is_number(value)]
        if len(set(numbers)) > n and len(numbers) + values.count(None) == len(values):
            return _by_number(varied.name, values, numbers)
    cycled = [(FEW_COLOURS[k % n], DASHES[k // n % len(DASHES)]) for k in range(len(settings))]
    return cycled, None


def _by_number(
    name: str, values: Sequence[Any], numbers: Sequence[float]
) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low >= 50
    if log:
        low, high = math.log10(low), math.log10(high)
    looks = []
    for value in values:
        if value is None:
            looks.append(("#999", "dash"))
            continue
        place = ((math.log10(value) if log else value) - low) / (high - low)
        looks.append((str(sample_colorscale(SCALE, [LIGHTEST * min(place, 1.0)])[0]), "solid"))
    return looks, {"name": name, "low": low, "high": high, "log": log}


def is_number(value: Any) -> bool:
    """Whether a setting's value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def colour_scale() -> list[list[Any]]:
    """The scale as plotly takes it, less its lightest part, in which a line is hardly seen."""
    colours = sample_colorscale(SCALE, [LIGHTEST * step for step in STEPS])
    return [[step, colour] for step, colour in zip(STEPS, colours, strict=True)]
