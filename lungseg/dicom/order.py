"""The order and the grid of a stack of slices, from their positions alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.slices import SliceHeader
from lungseg.findings import Finding
from lungseg.geometry import SHIFT_TOLERANCE_MM

# Positions are written as rounded decimal text: in real series they vary by some micrometres. A
# deviation of 2 % of the spacing is not rounding.
SPACING_TOLERANCE = 0.02
SAME_PLACE_MM = 0.01


@dataclass(frozen=True)
class Stack:
    """Slices in order.

    Attributes:
        order: Indices of the slices kept, along the normal of the image plane.
        affine: ``[4, 4]``, index ``(slice, row, column, 1)`` to ``(x, y, z, 1)`` in mm (LPS).
        findings: Duplicates, gaps.
    """

    order: list[int]
    affine: NDArray[np.float64]
    findings: list[Finding]


def stack(headers: Sequence[SliceHeader], same_pixels: Callable[[int, int], bool]) -> Stack:
    """Order slices along the normal of the image plane and find their common grid.

    Args:
        headers: One per slice, all with the same orientation and pixel spacing.
        same_pixels: Whether two slices, by index, have the same pixels.

    Raises:
        ValueError: If two different slices have the same position, fewer than two remain, or they
            have no common grid.
    """
    normal = np.cross(*headers[0].orientation)
    normal /= np.linalg.norm(normal)
    heights = np.array([header.position @ normal for header in headers])
    order, findings = _without_duplicates(headers, heights, same_pixels)
    if len(order) < 2:
        raise ValueError("a single slice is not a volume")
    positions = np.array([headers[k].position for k in order])
    heights = heights[order]
    _refuse_uneven_shift(positions, heights, normal)
    findings += _gaps(heights)
    between_rows, between_columns = headers[0].pixel_spacing
    row, column = headers[0].orientation
    affine = np.eye(4)
    # The mean step over the whole stack: jitter of single positions averages out.
    affine[:3, 0] = (positions[-1] - positions[0]) / (len(order) - 1)
    affine[:3, 1] = column * between_rows
    affine[:3, 2] = row * between_columns
    affine[:3, 3] = positions[0]
    return Stack(order, affine, findings)


def _without_duplicates(
    headers: Sequence[SliceHeader],
    heights: NDArray[np.float64],
    same_pixels: Callable[[int, int], bool],
) -> tuple[list[int], list[Finding]]:
    kept: list[int] = []
    for k in (int(k) for k in np.argsort(heights, kind="stable")):
        if not kept or heights[k] - heights[kept[-1]] >= SAME_PLACE_MM:
            kept.append(k)
        elif np.linalg.norm(headers[k].position - headers[kept[-1]].position) >= SAME_PLACE_MM:
            raise ValueError("two slices are side by side in one plane, which is not a stack")
        elif not same_pixels(k, kept[-1]):
            raise ValueError(
                f"two slices with different pixels have the same position ({heights[k]:.1f} mm"
                " along the stack)"
            )
    twice = len(headers) - len(kept)
    if not twice:
        return kept, []
    text = (
        f"{twice} slice(s) are duplicates with the same pixels and position; one of each was used"
    )
    return kept, [Finding("duplicate-slice", "warning", text)]


def _refuse_uneven_shift(
    positions: NDArray[np.float64], heights: NDArray[np.float64], normal: NDArray[np.float64]
) -> None:
    sideways = positions - np.outer(heights, normal)
    along = (heights - heights[0]) / (heights[-1] - heights[0])
    even = sideways[0] + np.outer(along, sideways[-1] - sideways[0])
    if np.abs(sideways - even).max() > SHIFT_TOLERANCE_MM:
        raise ValueError("slices shift sideways unevenly: they have no common grid")


def _gaps(heights: NDArray[np.float64]) -> list[Finding]:
    gaps = np.diff(heights)
    spacing = float(np.median(gaps))
    off = np.flatnonzero(np.abs(gaps - spacing) > SPACING_TOLERANCE * spacing)
    if not len(off):
        return []
    steps = gaps[off] / spacing
    missing = bool((steps > 1.9).all() and (np.abs(steps - steps.round()) < 0.1).all())
    what = f"{(steps.round() - 1).sum():.0f} missing slice(s)" if missing else "uneven spacing"
    worst = off[np.abs(gaps[off] - spacing).argmax()]
    text = (
        f"{what}: {gaps[worst]:.2f} mm between {heights[worst]:.1f} and"
        f" {heights[worst + 1]:.1f} mm where the others are {spacing:.2f} mm apart;"
        f" with the mean spacing, {gaps.mean():.2f} mm, positions are off by up to"
        f" {np.abs(heights - np.linspace(heights[0], heights[-1], len(heights))).max():.1f} mm"
    )
    return [Finding("missing-slice" if missing else "uneven-spacing", "error", text)]
