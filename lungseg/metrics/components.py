"""Connected components of a volume, in little memory."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Scalar = TypeVar("Scalar", bound=np.generic)


def components(
    mask: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.integer[Any]], npt.NDArray[np.int64]]:
    """Components of voxels that share faces, and their sizes.

    SciPy numbers them in 4 bytes per voxel and NumPy counts them in 8; here they take 2 unless they
    are too many.

    Args:
        mask: Bool ``[z, y, x]``.

    Returns:
        Numbers from 1 by voxel, 0 for background; voxels of each by number, 0 for the background.

    Example:
        >>> labels, sizes = components(np.array([[[True, True, False, True]]]))
        >>> labels, sizes
        (array([[[1, 1, 0, 2]]], dtype=uint16), array([0, 2, 1]))
    """
    labels: npt.NDArray[np.integer[Any]] = np.empty(mask.shape, np.uint16)
    try:
        count = int(ndimage.label(mask, output=labels))
    except RuntimeError:  # SciPy's word for too few bits
        labels, count = ndimage.label(mask)
    sizes = np.zeros(count + 1, np.int64)
    for plane in labels:
        sizes += np.bincount(plane.ravel(), minlength=count + 1)
    sizes[0] = 0
    return labels, sizes


def of_components(
    values: npt.NDArray[Scalar], labels: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[Scalar]:
    """The value of each voxel's component.

    NumPy's indexing would copy all numbers to 8 bytes each; here it does so for one slice.

    Args:
        values: One per component; the first is the background's.
        labels: From :func:`components`.

    Returns:
        ``[z, y, x]``.

    Example:
        >>> of_components(np.array([0, 7, 9]), np.array([[[1, 0, 2]]]))
        array([[[7, 0, 9]]])
    """
    result = np.empty(labels.shape, values.dtype)
    for plane, numbers in zip(result, labels, strict=True):
        plane[...] = values[numbers]
    return result
