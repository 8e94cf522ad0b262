"""A CT volume and the one orientation in which the project keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Below this cosine between an axis and the nearest patient axis (2.6 degrees), reordering axes
# would misplace voxels; only resampling could help.
MIN_COSINE = 0.999
# Two files with the same grid differ by rounding only; half a voxel apart is another grid.
MAX_OFF_VOXELS = 0.1
# Axes with a cosine below this are perpendicular up to rounding; a shear that small would change a
# spacing by less than a millionth.
PERPENDICULAR = 1e-3
OBLIQUE = "the image plane is oblique to the patient's axes"


@dataclass(frozen=True)
class Volume:
    """Voxels with their position in the patient.

    Attributes:
        voxels: HU, int16, ``[z, y, x]``; z runs from the feet up, y to the back, x to the left.
        affine: ``[4, 4]`` float64, maps an array index ``(z, y, x, 1)`` to ``(x, y, z, 1)`` in mm,
            LPS.
    """

    voxels: NDArray[np.int16]
    affine: NDArray[np.float64]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between planes of voxels along ``(z, y, x)``, in mm."""
        return spacing_of(self.affine)


def spacing_of(affine: NDArray[np.float64]) -> tuple[float, float, float]:
    """Distance between the planes of voxels along each axis of an array, in mm.

    For perpendicular axes this is the distance between neighbours; otherwise, as after a gantry
    tilt, neighbours are further apart than the planes.

    Args:
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm.

    Example:
        >>> import numpy as np
        >>> tilted = np.array([[2.0, 0, 0, 0], [1.0, 1.0, 0, 0], [0, 0, 3.0, 0], [0, 0, 0, 1]])
        >>> [round(size, 4) for size in spacing_of(tilted)]
        [2.0, 0.8944, 3.0]
    """
    axes = affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # an axis of zero length
        units = axes / lengths
    cosines = units.T @ units
    if np.abs(cosines[np.triu_indices(3, 1)]).max() > PERPENDICULAR:
        lengths = 1 / np.linalg.norm(np.linalg.inv(axes), axis=1)
    a, b, c = lengths
    return float(a), float(b), float(c)


def axis_order(affine: NDArray[np.float64]) -> list[int]:
    """Axes of an array that are closest to the patient's z, y and x.

    Raises:
        ValueError: If two of them are closest to the same patient axis.

    Example:
        >>> axis_order(np.diag([1.0, 1.0, 3.0, 1.0]))  # an array stored as [x, y, z]
        [2, 1, 0]
    """
    nearest = np.abs(affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)).argmax(axis=0)
    if sorted(nearest) != [0, 1, 2]:
        raise ValueError(OBLIQUE)
    return [int(np.flatnonzero(nearest == axis)[0]) for axis in (2, 1, 0)]


def to_lps(
    voxels: NDArray[Any], affine: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Reorder and flip axes so that the array runs ``[z, y, x]`` toward head, back and left.

    Nothing is resampled: every value keeps its position in the patient.

    Args:
        voxels: Three-dimensional array in any of the 48 axis orders and directions.
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).

    Returns:
        The reordered array (a view) and its affine.

    Raises:
        ValueError: If an axis is more than 2.6 degrees from every patient axis.

    Example:
        >>> import numpy as np
        >>> feet_last = np.diag([-3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]  # axis 0 runs toward the feet
        >>> _, affine = to_lps(np.zeros((4, 2, 2), np.int16), feet_last)
        >>> (affine[:3, 0] + 0.0).tolist()
        [0.0, 0.0, 3.0]
    """
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    order = axis_order(affine)
    if np.abs(cosines).max(axis=0).min() < MIN_COSINE:
        raise ValueError(OBLIQUE)
    moved = affine[:, [*order, 3]].copy()
    voxels = voxels.transpose(order)
    for axis, patient_axis in enumerate((2, 1, 0)):
        if moved[patient_axis, axis] < 0:
            moved[:, 3] += moved[:, axis] * (voxels.shape[axis] - 1)
            moved[:, axis] *= -1
            voxels = np.flip(voxels, axis)
    return voxels, moved


def from_lps(array: NDArray[Any], affine: NDArray[np.float64]) -> NDArray[Any]:
    """Undo :func:`to_lps`: bring an array back to the order of axes in which it was stored.

    Args:
        array: ``[z, y, x]``, as from :func:`to_lps`.
        affine: ``[4, 4]``, the affine that was given to it.

    Returns:
        The array (a view) with the axes and directions of `affine`.

    Example:
        >>> import numpy as np
        >>> stored = np.arange(6, dtype=np.int16).reshape(1, 2, 3)
        >>> affine = np.diag([-3.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]]
        >>> array, _ = to_lps(stored, affine)
        >>> bool((from_lps(array, affine) == stored).all())
        True
    """
    order = axis_order(affine)
    flipped = tuple(axis for axis in range(3) if affine[2 - axis, order[axis]] < 0)
    return np.flip(array, flipped).transpose(np.argsort(order))


def place(array: NDArray[Any], affine: NDArray[np.float64], volume: Volume) -> NDArray[Any]:
    """Place an array on a volume's grid: reorder, flip and shift it by whole voxels.

    Nothing is resampled. Outside the array the result is 0; outside the volume the array must be 0.

    Args:
        array: Three-dimensional, in any axis order and direction; may cover a part only.
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).
        volume: Volume with the grid.

    Returns:
        ``[z, y, x]``, of the volume's shape and the array's type.

    Raises:
        ValueError: If the array is oblique, its grid is not the volume's (spacing, direction, or an
            offset by a fraction of a voxel; 0.1 voxels are tolerated), or it is not 0 outside.

    Example:
        >>> import numpy as np
        >>> grid = Volume(np.zeros((3, 1, 1), np.int16), np.eye(4)[[2, 1, 0, 3]])
        >>> up = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1.0], [0, 0, 0, 1]])
        >>> place(np.ones((2, 1, 1), np.uint8), up, grid).ravel().tolist()
        [0, 1, 1]
    """
    array, affine = to_lps(array, affine)
    shape = np.array(array.shape)
    corners = np.array(list(product(*((0, int(size) - 1) for size in shape)))).T
    on_grid = np.linalg.solve(volume.affine, affine)
    offset = np.rint(on_grid[:3, 3]).astype(int)
    off = np.abs(on_grid[:3, :3] @ corners + on_grid[:3, 3:] - corners - offset[:, None]).max()
    if off > MAX_OFF_VOXELS:
        raise ValueError(
            f"its grid is not the image's: corners are up to {off:.1f} voxels away; masks are not"
            " resampled"
        )
    start, stop = np.maximum(offset, 0), np.minimum(offset + shape, volume.voxels.shape)
    stop = np.maximum(stop, start)
    inside = array[tuple(map(slice, start - offset, stop - offset))]
    outside = np.count_nonzero(array) - np.count_nonzero(inside)
    if outside:
        raise ValueError(f"{outside} of its voxels are outside the image")
    out = np.zeros(volume.voxels.shape, array.dtype)
    out[tuple(map(slice, start, stop))] = inside
    return out
