"""The patient's section in each slice, told apart from table, clothes and air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lungseg.data.planar import (
    Slices,
    closed,
    containing_square,
    numbered,
    opened,
)

GAP_MM = 3.0
"""Twice as wide a gap in the chest wall, such as by noise or a drain, does not open the lung."""
SHELL_MM = 6.0
"""What is thinner than twice this and not filled is no body: shells of tables, clothes, tubes."""
WALL_MM = 2.5
"""A chest wall beside a lung is thicker than twice this; the shells of most tables are thinner."""
LUNG_MM = 70.0
"""No hollow of a table or a cushion contains a square of this side."""
LIMB_MM = 40.0
"""A part of tissue is trunk, head or limb if it contains a square of this side."""
WIDE = 0.6
"""The hollow of a table is wider than this share of the trunk."""
DEEP = 0.15
"""Air at the edge of the scanned field deeper than this, as a share of the length of the edge that
it takes, may be a lung that the edge cuts: air all around the patient is shallow."""


def bodies(tissue: Slices, depth: NDArray[np.float64], size_mm: float) -> Slices:
    """Find the patient in each slice.

    1. Air that tissue encloses is a cavity: lung, airway, gas, but also the hollow of a table. Air
       that the edge of the scanned field cuts may be one.
    2. Enclosed cavities that are large are the patient's. What is left of tissue and these after
       an opening, in its largest part, is the trunk: tables and clothes are thin.
    3. Other cavities are the patient's if they lie mostly within the convex hull of the trunk. A
       thin chest wall may be lost to that opening; then the hull after a smaller one decides,
       except for what is as wide as a table.
    4. Tissue and the patient's cavities, opened, are the patient, in all parts that are as thick as
       a limb.

    Args:
        tissue: What is denser than lung and air.
        depth: ``[y, x]``, distance to the edge of the field that the scanner recorded, in pixels; 0
            outside.
        size_mm: Size of a pixel.

    Returns:
        ``[z, y, x]``, True within the patient.
    """
    gap = max(1, round(GAP_MM / size_mm))
    # Rounded down: of few large pixels, an opening would take the chest wall.
    shell, wall = int(SHELL_MM / size_mm), int(WALL_MM / size_mm)
    field = depth > 0
    air = _air(~closed(tissue, gap) & field, depth)
    square = containing_square(air.numbers > 0, air.numbers, air.count, round(LUNG_MM / size_mm))
    inside = air.enclosed & square
    for thickness, widest in ((shell, np.inf), (wall, WIDE)):
        solid = opened(_filled_with(inside, air, tissue, field), thickness) & field
        inside |= _within_trunk(air.numbers, air.cavities & ~inside, solid, widest)
    whole = opened(_filled_with(inside, air, tissue, field), shell) & field
    numbers, count = numbered(whole)
    thick = containing_square(whole, numbers, count, round(LIMB_MM / size_mm))
    return np.asarray(thick[numbers])


def _filled_with(
    inside: NDArray[np.bool_], air: _Air, tissue: Slices, field: NDArray[np.bool_]
) -> Slices:
    """All but the air that is not inside, with the gaps that lead there.

    What lies beyond the field counts as filled, so that an opening takes nothing from its edge.
    """
    around = (~inside)[air.numbers] & (air.numbers > 0)
    numbers, count = numbered(~tissue & ~inside[air.numbers] & field)
    outside = np.zeros(count + 1, bool)
    outside[numbers[around]] = True
    return ~outside[numbers]


@dataclass(frozen=True)
class _Air:
    """Parts of air.

    Attributes:
        numbers: The number of the part that each pixel belongs to; 0 is none.
        count: How many there are.
        enclosed: Which do not touch the edge of the scanned field, by number.
        cavities: These, and what the edge may cut out of the patient.
    """

    numbers: NDArray[np.int32]
    count: int
    enclosed: NDArray[np.bool_]
    cavities: NDArray[np.bool_]


def _air(air: Slices, depth: NDArray[np.float64]) -> _Air:
    """Number the parts of air, and tell which may be the patient's."""
    numbers, count = numbered(air)
    rim = (depth > 0) & (depth < 1.5)
    at_rim = np.bincount(numbers[:, rim].ravel(), minlength=count + 1)
    enclosed = at_rim == 0
    deepest = np.zeros(count + 1)
    touching = ~enclosed[numbers] & air
    np.maximum.at(deepest, numbers[touching], np.broadcast_to(depth, air.shape)[touching])
    cavities = deepest >= DEEP * at_rim
    enclosed[0] = cavities[0] = False
    return _Air(numbers, count, enclosed, cavities)


def _within_trunk(
    numbers: NDArray[np.int32], asked: NDArray[np.bool_], solid: Slices, widest: float
) -> NDArray[np.bool_]:
    """Which parts lie mostly within the convex hull of their slice's trunk, by number.

    Args:
        numbers: Of the parts.
        asked: Which parts to look at, by number.
        solid: Its largest part in a slice is the trunk.
        widest: Parts wider than this share of the trunk do not count.
    """
    within = np.zeros(len(asked), bool)
    wanted = asked[numbers]
    slices = np.flatnonzero(wanted.any(axis=(1, 2)) & solid.any(axis=(1, 2)))
    pieces, count = numbered(solid[slices])
    trunks = _largest(pieces, count)[pieces]
    for z, trunk in zip(slices, trunks, strict=True):
        rows, columns = np.nonzero(wanted[z])
        mine = numbers[z][rows, columns]
        inside = _in_hull(np.stack([rows, columns], axis=1), trunk)
        parts = np.unique(mine)
        share = ndimage.mean(inside, mine, parts)
        width = ndimage.maximum(columns, mine, parts) - ndimage.minimum(columns, mine, parts) + 1
        across = np.ptp(trunk.any(axis=0).nonzero()) + 1
        within[parts] = (share >= 0.5) & (width <= widest * across)
    return within


def _in_hull(points: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which points ``[n, (y, x)]`` lie within the convex hull of a mask's pixels."""
    from scipy.spatial import ConvexHull

    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    # Corners of pixels: their middles may all lie on one line.
    corners = [
        np.stack([rows + down, ends], axis=1)
        for down in (-0.5, 0.5)
        for ends in (first - 0.5, last + 0.5)
    ]
    sides = ConvexHull(np.concatenate(corners)).equations
    return np.asarray((points @ sides[:, :2].T + sides[:, 2] < 1e-6).all(axis=1))


def _largest(numbers: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which part is the largest of its slice, by number."""
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    sizes[0] = 0
    largest = np.zeros(count + 1, bool)
    for plane in numbers:
        present = np.flatnonzero(np.bincount(plane.ravel()))
        largest[present[sizes[present].argmax()]] = True
    largest[0] = False
    return largest
