"""What cases are like in figures, and where other cases are outside of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    "fov_mm": Quantity("field of view", "mm", 0.1),
    "hu_5": Quantity("5th percentile of HU", "HU", 100, relative=False),
    "hu_95": Quantity("95th percentile of HU", "HU", 100, relative=False),
}


def domain_of(cohort: Cohort, names: Iterable[str]) -> Domain:
    """The ranges of a cohort's cases.

    Args:
        cohort: Of the cases.
        names: Of the cases that count.
    """
    values: dict[str, list[float]] = {}
    for name in names:
        case = cohort.cases[name]
        figures = case["fingerprint"]
        one = domain_of_scan(case["spacing_mm"], figures["shape"], figures["hu_percentiles"])
        for key, ends in one.items():
            values.setdefault(key, []).extend(ends)
    return {key: [min(v), max(v)] for key, v in values.items()}


def domain_of_scan(
    spacing: Sequence[float], shape: Sequence[int], percentiles: Mapping[str, float]
) -> Domain:
    """The ranges of a single scan: of its two directions in plane.

    Args:
        spacing: Along ``(z, y, x)``, in mm.
        shape: Likewise, in voxels.
        percentiles: HU by percentage, as in a case's fingerprint.
    """
    slice_mm, *pixel_mm = spacing
    values = {
        "pixel_mm": pixel_mm,
        "slice_mm": [slice_mm],
        "size": shape[1:],
        "fov_mm": [size * step for size, step in zip(shape[1:], pixel_mm, strict=True)],
        "hu_5": [percentiles["5"]],
        "hu_95": [percentiles["95"]],
    }
    return {key: [float(min(v)), float(max(v))] for key, v in values.items()}


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
    shown = [f"{end:.3g}" if unit == "mm" and end < 100 else f"{end:.0f}" for end in ends]
    return f"{' to '.join(dict.fromkeys(shown))} {unit}"
