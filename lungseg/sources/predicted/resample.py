"""An array on another grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.volume import Volume


def resampled(array: NDArray[Any], affine: NDArray[np.float64], volume: Volume) -> NDArray[Any]:
    """Values of an array at the voxel centres of a volume: 0 beyond the array.

    Args:
        array: ``[i, j, k]``. A bool one gives the nearest value, float32 ones are interpolated
            linearly.
        affine: ``[4, 4]``, maps an index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).
        volume: With the grid; its voxels are not read.

    Returns:
        ``[z, y, x]``, of the volume's shape and the array's type.

    Example:
        >>> grid = Volume(np.zeros((1, 1, 4), np.int16), np.eye(4)[[2, 1, 0, 3]])
        >>> twice = np.diag([2.0, 1, 1, 1])[:, [2, 1, 0, 3]]  # x is the last axis
        >>> twice[0, 3] = 0.5
        >>> resampled(np.array([[[False, True]]]), twice, grid).ravel().tolist()
        [False, False, True, True]
    """
    from scipy import ndimage

    to_array = np.linalg.solve(affine, volume.affine)
    labels = array.dtype == np.bool_
    made: NDArray[Any] = ndimage.affine_transform(
        array.view(np.uint8) if labels else array,
        to_array[:3, :3],
        to_array[:3, 3],
        output_shape=volume.voxels.shape,
        order=0 if labels else 1,
        mode="grid-constant",  # else nothing would be found within half a voxel of the border
        prefilter=False,
    )
    return made.view(np.bool_) if labels else made
