"""Polygons drawn on a grid of pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A contour with this share of its pixels inside larger ones is a hole; contours drawn by hand may
# extend beyond them a little. One that overlaps less is a separate part.
HOLE_SHARE = 0.9
# A contour that fills this share of the one around it is a repetition of the outline, not a hole:
# no lung is that hollow.
SAME_SHARE = 0.7


@dataclass(frozen=True)
class Patch:
    """The pixels of one polygon, in their bounding box.

    Attributes:
        box: Position of the box in the image: rows, columns.
        pixels: Inside or not, bool ``[rows, columns]`` of the box.
    """

    box: tuple[slice, slice]
    pixels: NDArray[np.bool_]

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return int(np.count_nonzero(self.pixels))

    def overlap(self, image: NDArray[np.uint8]) -> int:
        """Number of its pixels that are set in an image."""
        return int(np.count_nonzero(image[self.box][self.pixels]))

    def shared(self, other: Patch) -> int:
        """Number of pixels that are inside another patch, too."""
        box = tuple(
            slice(max(a.start, b.start), max(a.start, b.start, min(a.stop, b.stop)))
            for a, b in zip(self.box, other.box, strict=True)
        )
        mine, theirs = (
            patch.pixels[
                tuple(
                    slice(part.start - whole.start, part.stop - whole.start)
                    for part, whole in zip(box, patch.box, strict=True)
                )
            ]
            for patch in (self, other)
        )
        return int(np.count_nonzero(mine & theirs))


def fill(points: NDArray[np.float64], shape: tuple[int, int]) -> Patch:
    """Pixels whose centre is inside a polygon, by the even-odd rule.

    A centre on the outline itself counts as inside on the upper and left border, so that polygons
    with a common border share no pixel and leave none out. The result depends on neither winding
    nor starting point. A segment that is traversed twice, as in a keyhole, has no effect.

    Args:
        points: Corners ``[n, 2]``, finite, as row and column; pixel centres are at whole numbers.
        shape: Rows and columns of the image; anything outside is cut off.
    """
    following = np.roll(points, -1, axis=0)
    downward = (points[:, 0] <= following[:, 0])[:, np.newaxis]
    upper, lower = np.where(downward, points, following), np.where(downward, following, points)

    # Rows whose centre line an edge crosses, and where it crosses them.
    first = np.clip(np.ceil(upper[:, 0]), 0, shape[0]).astype(np.int64)
    count = np.clip(np.ceil(lower[:, 0]), 0, shape[0]).astype(np.int64) - first
    edge = np.repeat(np.arange(len(points)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    (y, x), (end_y, end_x) = upper[edge].T, lower[edge].T
    crossing = x + (row - y) / (end_y - y) * (end_x - x)

    top, bottom = int(first.min()), int((first + count).max())
    lowest, highest = points[:, 1].min(), points[:, 1].max()
    left = int(np.clip(np.ceil(lowest), 0, shape[1]))
    right = int(np.clip(np.floor(highest) + 1, left, shape[1]))
    height, width = bottom - top, right - left

    column = np.clip(np.ceil(crossing), left, right).astype(np.int64)
    # The last column collects crossings beyond the box.
    cell = (row - top) * (width + 1) + column - left
    crossings = np.bincount(cell, minlength=height * (width + 1)).reshape(height, width + 1)
    pixels = np.logical_xor.accumulate(crossings[:, :width] % 2 == 1, axis=1)
    return Patch((slice(top, bottom), slice(left, right)), pixels)


@dataclass(frozen=True)
class Drawn:
    """How the polygons of one structure in one slice were interpreted.

    Attributes:
        parts: Those that are parts, not holes.
        overlapping: How many of them overlap a larger one.
        repeated: How many polygons repeat another.
    """

    parts: list[Patch]
    overlapping: int
    repeated: int


def draw(patches: Iterable[Patch], image: NDArray[np.uint8]) -> Drawn:
    """Draw the polygons of one structure into an image, inner ones as holes.

    From the largest to the smallest: a polygon with at least 90 % of its pixels on pixels already
    set is combined with them by exclusive-or (a hole); any other is added. Thus a part within a
    hole is a part again, and overlapping separate parts are united, where exclusive-or alone would
    hollow them out. A polygon that fills at least 70 % of the one around it is united with it, be
    that a part or a hole: a repeated outline would otherwise erase it.

    Args:
        patches: Pixels of each polygon.
        image: uint8 ``[rows, columns]``, zeros; changed in place.
    """
    parts: list[Patch] = []
    holes: list[Patch] = []
    overlapping = repeated = 0
    for patch in sorted(patches, key=lambda patch: -patch.area):
        area = patch.area
        around = _around(patch, parts), _around(patch, holes)
        innermost = min(around, key=lambda outer: outer.area if outer else np.inf)
        if innermost and area >= SAME_SHARE * innermost.area:
            if innermost is around[0]:
                image[patch.box] |= patch.pixels
            else:
                image[patch.box] &= ~patch.pixels
            repeated += 1
            continue
        covered = patch.overlap(image)
        if covered and covered >= HOLE_SHARE * area:
            image[patch.box] ^= patch.pixels
            holes.append(patch)
            continue
        image[patch.box] |= patch.pixels
        parts.append(patch)
        overlapping += covered > 0
    return Drawn(parts, overlapping, repeated)


def draw_exclusive(patches: Sequence[Patch], image: NDArray[np.uint8]) -> list[Patch]:
    """Draw polygons combined by exclusive-or: a pixel within an odd number of them is set.

    Args:
        patches: Pixels of each polygon.
        image: uint8 ``[rows, columns]``, 0 and 1; changed in place.

    Returns:
        Those that are parts rather than holes: at least half of their pixels are set.
    """
    odd = np.zeros_like(image)
    for patch in patches:
        odd[patch.box] ^= patch.pixels
    image |= odd
    return [patch for patch in patches if 2 * patch.overlap(odd) >= patch.area > 0]


def _around(patch: Patch, others: list[Patch]) -> Patch | None:
    """The smallest of others, ordered from the largest, that contains a patch."""
    area = patch.area
    containing = (
        other for other in reversed(others) if area and other.shared(patch) >= HOLE_SHARE * area
    )
    return next(containing, None)


def distinct(polygons: Iterable[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Polygons without those that have the same corners as an earlier one."""
    by_corners: dict[bytes, NDArray[np.float64]] = {}
    for points in polygons:
        by_corners.setdefault(points[np.lexsort(points.T)].tobytes(), points)
    return list(by_corners.values())
