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
        >>> nearer_lung(np.array([[[0, 1, 0, 0, 2, 0]]], np.uint8), (3, 3, 3))
        array([[[1, 1, 1, 2, 2, 2]]], dtype=uint8)
    """
    steps = tuple(max(1, int(STEP_MM // size)) for size in spacing)
    lengths = [step * size for step, size in zip(steps, spacing, strict=True)]
    right, left = (_blocks(labels, lung, steps) for lung in (RIGHT, LEFT))
    if right.any() and left.any():
        apart = (distance_transform_edt(~lung, sampling=lengths) for lung in (right, left))
        is_left = np.greater(*apart)
    elif right.any() or left.any():
        is_left = np.full(right.shape, left.any())
    else:
        is_left = np.broadcast_to(np.arange(right.shape[2]) >= right.shape[2] / 2, right.shape)
    _, rows, columns = labels.shape
    made = labels.copy()
    for k, out in enumerate(made):
        lung = np.where(is_left[k // steps[0]], np.uint8(LEFT), np.uint8(RIGHT))
        lung = lung.repeat(steps[1], axis=0).repeat(steps[2], axis=1)[:rows, :columns]
        np.copyto(out, lung, where=out == 0)
    return made


def _blocks(labels: NDArray[np.uint8], lung: int, steps: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether any voxel of each block has a label."""
    deep, high, wide = steps
    rows, columns = np.arange(0, labels.shape[1], high), np.arange(0, labels.shape[2], wide)
    return np.stack(
        [
            np.logical_or.reduceat(
                np.logical_or.reduceat((labels[k : k + deep] == lung).any(axis=0), rows, axis=0),
                columns,
                axis=1,
            )
            for k in range(0, len(labels), deep)
        ]
    )
