"""What cases are like in figures, and where other cases are outside of that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from lungseg.data.cohort import Cohort

Domain = dict[str, list[float]]
"""Lowest and highest value of each quantity."""


class Quantity(NamedTuple):
    """What a quantity is called, and from when on cases count as different.

    Attributes:
        name: In a sentence.
        unit: Of its values.
        tolerance: Distance from the range that still counts as alike.
        relative: Whether `tolerance` is a share of the nearer end of the range.
    """

    name: str
    unit: str
    tolerance: float
    relative: bool = True


QUANTITIES = {
    "pixel_mm": Quantity("pixel spacing", "mm", 0.1),
    "slice_mm": Quantity("slice spacing", "mm", 0.1),
    "size": Quantity("matrix size", "pixels", 0.1),
    "hu_5": Quantity("5th percentile of HU", "HU", 100, relative=False),
    "hu_95": Quantity("95th percentile of HU", "HU", 100, relative=False),
}


def domain_of(cohort: Cohort, names: Iterable[str]) -> Domain:
    """The ranges of a cohort's cases.

    Args:
        cohort: Of the cases.
        names: Of the cases that count.
    """
    values: dict[str, list[float]] = {key: [] for key in QUANTITIES}
    for name in names:
        case = cohort.cases[name]
        figures = case["fingerprint"]
        slice_mm, *pixel_mm = case["spacing_mm"]
        values["pixel_mm"] += pixel_mm
        values["slice_mm"].append(slice_mm)
        values["size"] += figures["shape"][1:]
        for percentile in ("5", "95"):
            values[f"hu_{percentile}"].append(figures["hu_percentiles"][percentile])
    return {key: [float(min(v)), float(max(v))] for key, v in values.items() if v}


def unlike(trained: dict[str, Any], here: Domain) -> str | None:
    """A sentence on where evaluated cases are outside the ranges of those trained on; or None.

    Args:
        trained: Ranges of the training cases, from a checkpoint.
        here: Ranges of the evaluated cases.
    """
    parts = []
    for key, quantity in QUANTITIES.items():
        if key not in trained or key not in here:
            continue
        (low, high), (lowest, highest) = trained[key], here[key]
        share = quantity.tolerance
        below, above = (low * share, high * share) if quantity.relative else (share, share)
        if lowest < low - below or highest > high + above:
            now, then = (_range(ends, quantity.unit) for ends in (here[key], trained[key]))
            parts.append(f"{quantity.name} {now}, in training {then}")
    return f"Unlike the cases that the model was trained on: {'; '.join(parts)}." if parts else None


def _range(ends: list[float], unit: str) -> str:
    shown = [f"{end:.3g}" if unit == "mm" else f"{end:.0f}" for end in ends]
    return f"{' to '.join(dict.fromkeys(shown))} {unit}"
