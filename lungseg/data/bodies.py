"""The patient's section in each slice, told apart from table, clothes and air."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lungseg.data.planar import (
    Slices,
    closed,
    containing_square,
    dilate,
    numbered,
    opened,
)

GAP_MM = 3.0
"""Twice as wide a gap in the chest wall, such as by noise or a drain, does not open the lung."""
SHELL_MM = 6.0
"""What is thinner than twice this and not filled is no body: shells of tables, clothes, tubes."""
LUNG_MM = 70.0
"""No hollow of a table or a cushion contains a square of this side."""
LIMB_MM = 40.0
"""A part of tissue is trunk, head or limb if it contains a square of this side."""
DEEP = 0.4
"""Air at the edge of the scanned field deeper than this, as a share of the length of the edge that
it takes, is a lung that the edge cuts: air around the patient is shallow."""


def bodies(tissue: Slices, field: NDArray[np.bool_], size_mm: float) -> Slices:
    """Find the patient in each slice.

    1. Air that tissue encloses, or that the edge of the scanned field cuts out of the patient, is
       a cavity: lung, airway, gas, but also the hollow of a table.
    2. Of the cavities, the large ones are the patient's. What is left of tissue and these after an
       opening, in its largest part, is the trunk: tables and clothes are thin.
    3. Small cavities are the patient's if they lie mostly within the convex hull of the trunk.
    4. Tissue and the patient's cavities, opened, are the patient, in all parts that are as thick as
       a limb.

    Args:
        tissue: What is denser than lung and air.
        field: ``[y, x]``, where the scanner recorded anything.
        size_mm: Size of a pixel.

    Returns:
        ``[z, y, x]``, True within the patient.
    """
    # Rounded down: of few large pixels, an opening would take the chest wall.
    gap, shell = round(GAP_MM / size_mm), int(SHELL_MM / size_mm)
    air = _air(~closed(tissue, gap) & field, field)
    lungs = air.enclosed & containing_square(
        air.numbers > 0, air.numbers, len(air.enclosed) - 1, round(LUNG_MM / size_mm)
    )
    inside = lungs | (air.enclosed & _within_trunk(air, lungs, tissue, gap, shell))
    whole = opened(tissue | dilate(inside[air.numbers], gap), shell)
    numbers, count = numbered(whole)
    thick = containing_square(whole, numbers, count, round(LIMB_MM / size_mm))
    return _filled(thick[numbers])


class _Air(NamedTuple):
    numbers: NDArray[np.int32]
    enclosed: NDArray[np.bool_]


def _air(air: Slices, field: NDArray[np.bool_]) -> _Air:
    """Number the parts of air, and say which are enclosed, by number."""
    from scipy import ndimage

    numbers, count = numbered(air)
    depth = ndimage.distance_transform_edt(np.pad(field, 1))[1:-1, 1:-1]
    rim = field & (depth < 1.5)
    at_rim = np.bincount(numbers[:, rim].ravel(), minlength=count + 1)
    deepest = np.zeros(count + 1)
    touching = (at_rim > 0)[numbers] & air
    np.maximum.at(deepest, numbers[touching], np.broadcast_to(depth, air.shape)[touching])
    enclosed = deepest >= DEEP * at_rim
    enclosed[0] = False
    return _Air(numbers, enclosed)


def _within_trunk(
    air: _Air, lungs: NDArray[np.bool_], tissue: Slices, gap: int, shell: int
) -> NDArray[np.bool_]:
    """Which parts of air lie mostly within the convex hull of the trunk, by number."""
    within = np.zeros(len(lungs), bool)
    solid = opened(tissue | dilate(lungs[air.numbers], gap), shell)
    numbers, count = numbered(solid)
    trunk = _largest(numbers, count)[numbers]
    small = (air.enclosed & ~lungs)[air.numbers]
    for z in np.flatnonzero(small.any(axis=(1, 2)) & trunk.any(axis=(1, 2))):
        mine = air.numbers[z][small[z]]
        inside = _in_hull(np.argwhere(small[z]), trunk[z])
        share = np.bincount(mine, weights=inside) / np.maximum(1, np.bincount(mine))
        within[: len(share)] |= share >= 0.5
    return within


def _in_hull(points: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which points lie within the convex hull of a mask."""
    from scipy.spatial import ConvexHull

    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.stack([rows, first], 1), np.stack([rows, last], 1)])
    sides = ConvexHull(ends, qhull_options="QJ").equations
    return np.asarray((points @ sides[:, :2].T + sides[:, 2] <= 0.5).all(axis=1))


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


def _filled(mask: Slices) -> Slices:
    """Each slice's mask without holes."""
    numbers, count = numbered(~mask)
    open_ = np.zeros(count + 1, bool)
    for edge in (numbers[:, 0], numbers[:, -1], numbers[..., 0], numbers[..., -1]):
        open_[edge.ravel()] = True
    return mask | ~open_[numbers]
