"""Irregularities of contours: gaps, contours between slices, beyond the image, doubled."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.polygons import Patch
from lungseg.findings import Finding, Severity

# In slices. A contour further from its slice was drawn on slices other than the volume's.
OFF_SLICE = 0.1
# Contours of one slice have the same height, up to rounding.
SAME_HEIGHT = 0.05
# A smaller part may appear and disappear between slices.
MIN_PART_MM2 = 100.0

SENTENCES: dict[str, tuple[Severity, str]] = {
    "contour-gap": (
        "warning",
        "{n} slice(s) between others have no contour of it or of one of its parts; not filled",
    ),
    "contour-off-slice": (
        "warning",
        "{n} contour(s) are between slices, and were drawn on the nearest",
    ),
    "contour-double": (
        "warning",
        "{n} contour(s) left out because another is nearer to their slice",
    ),
    "contour-outside": ("error", "{n} contour(s) are outside the volume and were left out"),
    "contour-cut": ("warning", "{n} contour(s) reach beyond the image and were cut off"),
    "contour-oblique": (
        "error",
        "{n} contour(s) are not in the plane of a slice and were left out",
    ),
    "contour-overlap": ("warning", "{n} contour(s) overlap another in their slice; united"),
    "contour-repeated": (
        "warning",
        "{n} contour(s) repeat another, or fill 70 % of it and more, and were united with it",
    ),
    "contour-cancelled": (
        "warning",
        "{n} contour(s) of type CLOSEDPLANAR_XOR repeat another, and the two cancel each other",
    ),
}


class Outline(NamedTuple):
    """A closed contour: its points in array indices, and whether exclusive-or combines it."""

    points: NDArray[np.float64]
    exclusive: bool


def snap(
    outlines: Iterable[Outline], axis: int, count: int
) -> tuple[dict[int, list[Outline]], dict[str, int]]:
    """Sort contours by slice.

    Args:
        outlines: Points ``[n, 3]``.
        axis: The axis along which slices are stacked.
        count: Number of slices.

    Returns:
        Outlines by slice, points ``[n, 2]``, and a counter by the code of each finding.
    """
    notes = dict.fromkeys(SENTENCES, 0)
    at_slice: dict[int, list[tuple[float, Outline]]] = {}
    for points, exclusive in outlines:
        height = float(points[:, axis].mean())
        nearest = math.floor(height + 0.5)  # round() would round 0.5 down and 1.5 up
        if 0 <= nearest < count:
            outline = Outline(np.delete(points, axis, axis=1), exclusive)
            at_slice.setdefault(nearest, []).append((height - nearest, outline))
        else:
            notes["contour-outside"] += 1
    snapped = {}
    for nearest, candidates in at_slice.items():
        # Contours at two heights would be taken for holes in each other.
        best = min((off for off, _ in candidates), key=abs)
        snapped[nearest] = [
            outline for off, outline in candidates if abs(off - best) <= SAME_HEIGHT
        ]
        notes["contour-double"] += len(candidates) - len(snapped[nearest])
        notes["contour-off-slice"] += len(snapped[nearest]) if abs(best) > OFF_SLICE else 0
    return snapped, notes


def sticks_out(polygon: NDArray[np.float64], shape: tuple[int, int]) -> bool:
    """Whether a polygon leaves the image by more than a pixel."""
    return bool((polygon < -1.5).any() or (polygon > np.array(shape) + 0.5).any())


def gaps(slices: NDArray[np.uint8], parts: dict[int, list[Patch]], min_area: float) -> set[int]:
    """Slices without a contour, or without one of a part that continues beyond them.

    A part continues in a slice where at least half of its pixels are set.

    Args:
        slices: Mask uint8 ``[slice, row, column]``.
        parts: Parts by slice, for every slice with a contour.
        min_area: Parts with fewer pixels may appear and disappear.
    """
    if not parts:
        return set()
    missing = set(range(min(parts), max(parts) + 1)) - set(parts)
    for at, patches in parts.items():
        for patch in patches:
            area = patch.area
            if at + 1 >= len(slices) or area < min_area or patch.overlap(slices[at + 1]):
                continue
            for beyond in range(at + 2, max(parts) + 1):
                if 2 * patch.overlap(slices[beyond]) >= area:
                    missing.update(range(at + 1, beyond))
                    break
    return missing


def findings_of(notes: dict[str, int], name: str) -> list[Finding]:
    """Findings from the counters, for a structure called ``name``."""
    return [
        Finding(code, severity, f"{name}: {sentence.format(n=notes[code])}")
        for code, (severity, sentence) in SENTENCES.items()
        if notes[code]
    ]
