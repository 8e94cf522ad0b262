"""Outlines of a mask's regions, holes joined to them by keyholes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def trace(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Closed polygons around the regions of a mask.

    They run midway between the centres of pixels inside and outside, so that all readers that test
    pixel centres restore the mask, however they treat points on an outline. Pixels that touch
    at a corner only belong to different regions.

    A hole is joined to the outline around it by a segment that is traversed twice (a keyhole, the
    form that PS3.3 C.8.8.6.3 describes for CLOSED_PLANAR): some readers unite separate contours,
    and would fill the hole.

    Args:
        mask: ``[rows, columns]``.

    Returns:
        Each polygon ``[n, 2]``, row and column, in pixels; the first point is not repeated.

    Example:
        >>> trace(np.array([[True]]))[0].tolist()
        [[-0.5, 0.0], [0.0, 0.5], [0.5, 0.0], [0.0, -0.5]]
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return []
    top, left = int(rows[0]), int(columns[0])
    box = np.pad(mask[top : rows[-1] + 1, left : columns[-1] + 1], 1)
    offset = np.array([top - 1, left - 1])
    return [_column_first(_corners(polygon)) + offset for polygon in _joined(_loops(box), box)]


def _loops(box: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Outlines of regions and holes, with a point wherever they meet a line between two rows."""
    from contourpy import contour_generator

    made = []
    for line in contour_generator(z=box.astype(np.float32)).lines(0.5):
        points = np.asarray(line, np.float64)[:, ::-1]
        middles = (points[:-1] + points[1:]) / 2
        down = points[:-1, 1] == points[1:, 1]
        # In order: each point, then the middle of the edge from it if that is vertical.
        every = np.stack([points[:-1], middles], axis=1).reshape(-1, 2)
        made.append(every[np.stack([np.ones_like(down), down], axis=1).ravel()])
    return made


def _joined(loops: list[NDArray[np.float64]], box: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Outlines of regions, each with its holes.

    The keyhole of a hole runs between two rows, so that no pixel centre is on it: readers differ in
    what they do with those. Left of the hole's leftmost point between rows is its region, up to
    another loop: the region's outline or a hole further left, which has been joined already.
    """
    starts = [_leftmost(loop) for loop in loops]
    polygons: list[NDArray[np.float64]] = []
    # Polygon to which a point belongs, by its row and column in half pixels.
    owner = np.full((2 * box.shape[0], 2 * box.shape[1]), -1, np.int32)
    for k in sorted(range(len(loops)), key=lambda k: float(loops[k][starts[k], 1])):
        loop = np.roll(loops[k], -starts[k], axis=0)
        index = (2 * loop).astype(np.int64)
        if _is_hole(loop, box):
            row, column = index[0]
            hit = int(np.flatnonzero(owner[row, :column] >= 0)[-1])
            at = int(owner[row, hit])
            outer = polygons[at]
            joint = int(np.flatnonzero((2 * outer == (row, hit)).all(axis=1))[0])
            polygons[at] = np.concatenate([outer[: joint + 1], loop, loop[:1], outer[joint:]])
        else:
            at = len(polygons)
            polygons.append(loop)
        owner[index[:, 0], index[:, 1]] = at
    return polygons


def _leftmost(loop: NDArray[np.float64]) -> int:
    """Index of the leftmost point that is between two rows."""
    return int(np.where(loop[:, 0] % 1 == 0, np.inf, loop[:, 1]).argmin())


def _is_hole(loop: NDArray[np.float64], box: NDArray[np.bool_]) -> bool:
    """Whether a pixel left of the loop is set, at a point of it that is midway between pixels."""
    row, column = loop[np.where(loop[:, 0] % 1 == 0, loop[:, 1], np.inf).argmin()]
    return bool(box[int(row), int(column - 0.5)])


def _corners(polygon: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polygon without points on a straight line between their neighbours."""
    before = polygon - np.roll(polygon, 1, axis=0)
    after = np.roll(polygon, -1, axis=0) - polygon
    straight = before[:, 0] * after[:, 1] == before[:, 1] * after[:, 0]
    # Where a keyhole turns back, the directions are opposite.
    onward = (before * after).sum(axis=1) > 0
    corners: NDArray[np.float64] = polygon[~(straight & onward)]
    return corners


def _column_first(polygon: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polygon from its longest edge along a column.

    In slices that are not axial, plastimatch derives the axes of the plane from the first points,
    and draws less exactly if they are not those of the image.
    """
    edges = np.roll(polygon, -1, axis=0) - polygon
    lengths = np.where(edges[:, 1] == 0, np.abs(edges[:, 0]), 0)
    return np.roll(polygon, -int(lengths.argmax()), axis=0)
