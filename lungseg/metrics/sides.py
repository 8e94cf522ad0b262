"""Split a mask of both lungs into the patient's right and left lung by geometry alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from lungseg.metrics.components import components, of_components
from lungseg.metrics.masks import (
    BoolArray,
    FloatArray,
    as_steps,
    bounding_box,
    erode_along,
    surface,
    validate_mask,
)
from lungseg.metrics.nearest import distances, nearest

RIGHT, LEFT = 1, 2
"""Labels of the patient's right and left lung."""

MIN_SHARE = 0.1
"""A part counts as a lung only with at least this share of the (eroded) mask's voxels."""
MAX_EROSION_MM = 20.0
"""Lungs joined by a neck more than twice as thick are not separated."""

SideArray = npt.NDArray[np.uint8]
DepthArray = npt.NDArray[np.unsignedinteger[Any]]


def split_sides(mask: npt.NDArray[Any], spacing: Sequence[float]) -> SideArray:
    """Distinguish the right lung from the left.

    If the lungs are separate, two components are the sides: the largest, and the largest other one
    next to it. Two parts are next to each other if neither's mean x is within the other's extent
    along x; lobes of one lung, above or in front of one another, are not.

    If the lungs touch, the mask is eroded in steps of the finest spacing until it separates into
    two such parts, which are then grown back through the mask from its thickest parts to its
    thinnest, so that they meet in the neck between the lungs.

    Components without either part are assigned to the lung nearest to any of their voxels.

    A mask that no erosion separates is one lung, on the side of the grid with its mean x.

    Args:
        mask: Mask of both lungs without the trachea, ``[z, y, x]``, bool or uint8, any value but
            0 is lung; z runs from the feet up, y to the back, x to the patient's left.
        spacing: Distance between voxel centres along ``(z, y, x)``, in mm.

    Returns:
        uint8 ``[z, y, x]``: 0 for background, `RIGHT` or `LEFT` for lung.

    Raises:
        ValueError: If `mask` has another dtype or other axes, or a spacing that is not three
            positive numbers.

    Example:
        >>> split_sides(np.array([[[1, 1, 0, 0, 1, 1]]], np.uint8), (3, 1, 1))
        array([[[1, 1, 0, 0, 2, 2]]], dtype=uint8)
    """
    validate_mask("mask", mask)
    steps = as_steps(spacing)
    box = bounding_box(mask)
    lungs = mask[box] != 0
    inside = np.zeros(lungs.shape, np.uint8)
    if lungs.any():
        parts, depth = _part(lungs, steps)
        if parts is None:
            middle = box[2].start + _mean_x(lungs)
            inside = lungs * np.uint8(RIGHT if middle < (mask.shape[2] - 1) / 2 else LEFT)
        else:
            inside = _join_strays(_grow(parts, depth), lungs, steps)
    sides = np.zeros(mask.shape, np.uint8)
    sides[box] = inside
    return sides


def _part(lungs: BoolArray, steps: FloatArray) -> tuple[SideArray | None, DepthArray]:
    """Erode until the lungs separate.

    Returns:
        The eroded lungs as sides, ``[z, y, x]``, or None if they never separate; and the number
        of erosions that each voxel survived plus 1, 0 for background.
    """
    most = int(MAX_EROSION_MM / steps.min()) + 2
    depth = lungs.astype(np.min_scalar_type(most))
    left = lungs
    paces = steps.min() / steps
    for erosion in range(1, most):
        parts = _two_parts(left)
        if parts is not None:
            return parts, depth
        eroded = left.copy()
        for axis in range(3):
            # A coarser axis is eroded only each time the depth has grown by its spacing.
            if int(erosion * paces[axis]) > int((erosion - 1) * paces[axis]):
                erode_along(eroded, left, axis)
        if not eroded.any():
            break
        left = eroded
        depth += left
    return None, depth


def _two_parts(lungs: BoolArray) -> SideArray | None:
    """Label the large components as sides, if two of them are next to each other."""
    labels, sizes = components(lungs)
    large = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes >= MIN_SHARE * sizes.sum())]
    profiles = [np.count_nonzero(labels == part, axis=(0, 1)) for part in large]
    x = np.arange(lungs.shape[2])
    means = [float(np.average(x, weights=profile)) for profile in profiles]
    extents = [(x[profile > 0][0], x[profile > 0][-1]) for profile in profiles]
    for other in range(1, len(large)):
        first, last = extents[other]
        if not (first <= means[0] <= last or extents[0][0] <= means[other] <= extents[0][1]):
            right, left = sorted((means[0], means[other]))
            side_of = np.zeros(len(sizes), np.uint8)
            # Lobes may separate as well; each belongs to the lung above or below it.
            side_of[large] = [RIGHT if mean < (right + left) / 2 else LEFT for mean in means]
            return of_components(side_of, labels)
    return None


def _grow(parts: SideArray, depth: DepthArray) -> SideArray:
    """Grow the parts through the voxels of `depth`, the deepest first; returns the sides."""
    padded = np.pad(parts, 1)
    _, rows, columns = padded.shape
    sides = padded.ravel()
    depths = np.pad(depth, 1).ravel()
    faces = np.array([1, -1, columns, -columns, rows * columns, -rows * columns])
    todo = np.flatnonzero((depths > 0) & (sides == 0))
    order = np.argsort(depths[todo], kind="stable")
    todo = todo[order]
    starts = np.searchsorted(depths[todo], np.arange(1, int(depths.max()) + 1))
    waiting, end = todo[:0], len(todo)
    for start in starts[::-1]:
        waiting, end = np.concatenate([waiting, todo[start:end]]), start
        while True:
            reached = sides[waiting[:, None] + faces].max(axis=1, initial=0)
            if not reached.any():
                break
            sides[waiting] = reached
            waiting = waiting[reached == 0]
    return padded[1:-1, 1:-1, 1:-1]


def _join_strays(sides: SideArray, lungs: BoolArray, steps: FloatArray) -> SideArray:
    """Give each component of `lungs` without a side the side of the lung nearest to it."""
    strays = lungs & (sides == 0)
    if strays.any():
        labels, count = label(strays)
        hits = nearest(strays, surface(sides > 0), steps)
        offsets = distances(strays, hits, steps)
        side_of = np.zeros(count + 1, np.uint8)
        # Written from far to near, so that the nearest voxel of each component decides.
        far_first = np.argsort(-offsets, kind="stable")
        side_of[labels[strays][far_first]] = sides.ravel()[hits][far_first]
        sides[strays] = side_of[labels[strays]]
    return sides


def _mean_x(lungs: BoolArray) -> float:
    profile = np.count_nonzero(lungs, axis=(0, 1))
    return float(np.average(np.arange(len(profile)), weights=profile))
