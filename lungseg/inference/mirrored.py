"""Whether right and left of a scan look exchanged: by the heart and the liver."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lungseg.metrics.masks import bounding_box
from lungseg.metrics.sides import LEFT, RIGHT
from lungseg.volume import Volume

PARENCHYMA_HU = (20, 200)
"""Liver, spleen, muscle, blood; the stomach's content and fat are darker."""
BELOW_MM, ABOVE_MM = 60.0, 20.0
"""The liver is looked for from that far below the lungs' bases to that far above."""
LEAST_BELOW_MM = 30.0
"""A scan that ends nearer to the bases shows too little of the liver."""
UNEVEN = 0.35
"""Where the lungs' bases are further apart than this share of their height, one of them is not
whole, and what fills its place is no liver."""
HEART = (0.1, 0.6)
"""Where the heart is, as shares of the lungs' height from below."""
HEART_WEIGHT = 2.0


def orientation_of(volume: Volume, labels: NDArray[np.uint8]) -> float | None:
    """How clearly right and left are where they should be.

    The sum of two signs, since disease or a large lung may turn either of them around. The liver:
    between the lungs' outer borders, from 60 mm below their bases to 20 mm above, the difference of
    voxels in [20, 200] HU right and left of the middle, over their sum. The heart: how far to the
    left of the middle the space between the lungs is, over the chest's width, twice.

    Args:
        volume: The scan.
        labels: uint8 ``[z, y, x]``: 1 right lung, 2 left.

    Returns:
        Positive where right is right (0.37 to 0.45 in three cases of LCTSC, 0.15 and more in all
        synthetic ones); in a mirrored scan the same, negative. None where a lung is missing or
        much shorter than the other from below, or less than 30 mm of the scan are below the lungs.
    """
    box = bounding_box(labels)
    dz = volume.spacing[0]
    inside = labels[box]
    right, left = ((inside == side).any(axis=(1, 2)) for side in (RIGHT, LEFT))
    both = np.flatnonzero(right & left)
    if not both.size or box[0].start * dz < LEAST_BELOW_MM:
        return None
    if abs(int(right.argmax()) - int(left.argmax())) > UNEVEN * len(inside):
        return None
    first, last = both[0] + (both[-1] - both[0]) * np.array(HEART)
    # With the nearest slices of few thick ones.
    levels = both[(both >= np.floor(first)) & (both <= np.ceil(last))]
    if not levels.size:
        return None
    areas, moments, middles = zip(*(_gap(inside[level]) for level in levels), strict=True)
    middle = float(np.median(middles))
    heart = (sum(moments) / sum(areas) - middle) / inside.shape[2] if sum(areas) else 0.0
    base = box[0].start + int(both[0])
    start = max(0, base - max(1, round(BELOW_MM / dz)))
    stop = base + max(1, round(ABOVE_MM / dz))
    hu = volume.voxels[start:stop, *box[1:]]
    tissue = (hu >= PARENCHYMA_HU[0]) & (hu <= PARENCHYMA_HU[1])
    profile = np.count_nonzero(tissue, axis=(0, 1))
    x = np.arange(len(profile))
    n_right, n_left = (int(profile[part].sum()) for part in (x < middle, x > middle))
    liver = (n_right - n_left) / max(1, n_right + n_left)
    return liver + HEART_WEIGHT * heart


def _gap(plane: NDArray[np.uint8]) -> tuple[int, float, float]:
    """Area and sum of x of the space between the lungs in a slice, and the chest's middle x."""
    right, left = plane == RIGHT, plane == LEFT
    rows = right.any(1) & left.any(1)
    inner_right = plane.shape[1] - 1 - right[rows, ::-1].argmax(1)
    inner_left = left[rows].argmax(1)
    widths = np.maximum(inner_left - inner_right - 1, 0)
    outer = np.flatnonzero(plane.any(0))
    middle = (outer[0] + outer[-1]) / 2
    return int(widths.sum()), float(((inner_left + inner_right) / 2 * widths).sum()), middle
