"""A CT volume and the one orientation in which the project keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Below this cosine between an axis and its nearest patient axis (2.6 degrees off) reordering axes
# would misplace voxels, and only resampling could help.
MIN_COSINE = 0.999


@dataclass(frozen=True)
class Volume:
    """Voxels with their place in the patient.

    Attributes:
        voxels: HU, int16, ``[z, y, x]``; z runs from the feet up, y to the back, x to the left.
        affine: ``[4, 4]`` float64, maps an array index ``(z, y, x, 1)`` to ``(x, y, z, 1)`` in mm,
            LPS.
    """

    voxels: NDArray[np.int16]
    affine: NDArray[np.float64]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along ``(z, y, x)``, in mm."""
        z, y, x = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(z), float(y), float(x)


def to_lps(
    voxels: NDArray[Any], affine: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Reorder and flip axes so that the array runs ``[z, y, x]`` toward head, back and left.

    No voxel is resampled: the same values come back in the same places.

    Args:
        voxels: Three-dimensional array in any of the 48 axis orders and directions.
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).

    Returns:
        The reordered array (a view) and its affine.

    Raises:
        ValueError: If an axis lies more than 2.6 degrees off every patient axis.

    Example:
        >>> import numpy as np
        >>> feet_last = np.diag([-3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]  # axis 0 runs toward the feet
        >>> _, affine = to_lps(np.zeros((4, 2, 2), np.int16), feet_last)
        >>> (affine[:3, 0] + 0.0).tolist()
        [0.0, 0.0, 3.0]
    """
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    nearest = np.abs(cosines).argmax(axis=0)  # patient axis (0 x, 1 y, 2 z) of each array axis
    if sorted(nearest) != [0, 1, 2] or np.abs(cosines).max(axis=0).min() < MIN_COSINE:
        raise ValueError("the image plane is oblique to the patient's axes")
    order = [int(np.flatnonzero(nearest == axis)[0]) for axis in (2, 1, 0)]
    moved = affine[:, [*order, 3]].copy()
    voxels = voxels.transpose(order)
    for axis, patient_axis in enumerate((2, 1, 0)):
        if moved[patient_axis, axis] < 0:
            moved[:, 3] += moved[:, axis] * (voxels.shape[axis] - 1)
            moved[:, axis] *= -1
            voxels = np.flip(voxels, axis)
    return voxels, moved
