"""Which lung a voxel outside the mask counts to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from lungseg.metrics.sides import LEFT, RIGHT

STEP_MM = 3.0
"""Grid on which distances to the lungs are compared: a finer one would take gigabytes."""


def nearer_lung(labels: NDArray[np.uint8], spacing: Sequence[float]) -> NDArray[np.uint8]:
    """Which lung each voxel counts to: its own label, or elsewhere the nearer lung.

    A model gives one probability for both lungs; outside the mask it is that of the nearer lung.
    Distances are those between blocks of about `STEP_MM`. If there is no lung at all, the patient's
    right and left half of the volume.

    Args:
        labels: ``[z, y, x]``: 0 background, 1 right lung, 2 left lung.
        spacing: ``(z, y, x)`` in mm.

    Returns:
        1 or 2 everywhere, ``[z, y, x]``.

    Example:
        >>> nearer_lung(np.array([[[0, 1, 0, 0, 0, 2]]], np.uint8), (3, 3, 3))
        array([[[1, 1, 1, 2, 2, 2]]], dtype=uint8)
    """
    steps = [max(1, int(STEP_MM // size)) for size in spacing]
    lengths = [step * size for step, size in zip(steps, spacing, strict=True)]
    right, left = (_blocks(labels == lung, steps) for lung in (RIGHT, LEFT))
    if right.any() and left.any():
        apart = (distance_transform_edt(~lung, sampling=lengths) for lung in (right, left))
        is_left = np.greater(*apart)
    elif right.any() or left.any():
        is_left = np.full(right.shape, left.any())
    else:
        is_left = np.broadcast_to(np.arange(right.shape[2]) >= right.shape[2] / 2, right.shape)
    lung = np.where(is_left, np.uint8(LEFT), np.uint8(RIGHT))
    for axis, step in enumerate(steps):
        lung = lung.repeat(step, axis=axis)
    z, y, x = labels.shape
    lung = lung[:z, :y, :x]
    np.copyto(lung, labels, where=labels > 0)
    return lung


def _blocks(mask: NDArray[np.bool_], steps: Sequence[int]) -> NDArray[np.bool_]:
    """Whether any voxel of each block is set."""
    for axis, step in enumerate(steps):
        mask = np.logical_or.reduceat(mask, np.arange(0, mask.shape[axis], step), axis=axis)
    return mask
