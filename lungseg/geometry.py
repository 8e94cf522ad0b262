"""Checks of every volume from any source: spacing, angles, number of slices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.findings import Finding
from lungseg.volume import axis_order, spacing_of, to_lps

MIN_SPACING_MM, MAX_SPACING_MM = 0.01, 100
FEW_SLICES = 20  # at 10 mm, the coarsest spacing in use, these just cover a chest
# A stack whose slices shift sideways by more than this is sheared (gantry tilt).
SHIFT_TOLERANCE_MM = 0.1
# In pixels. Some writers give directions of rows and columns with few digits: a shift of less than
# half a pixel from one edge of a slice to the other moves no voxel to another's position.
ROW_SHIFT_TOLERANCE = 0.5


def oriented(
    voxels: NDArray[Any], affine: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64], list[Finding]]:
    """Bring a source's array to the project's order of axes, and check its geometry.

    Args:
        voxels: Three-dimensional array in any of the 48 axis orders and directions.
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).

    Returns:
        Array and affine as from :func:`~lungseg.volume.to_lps`, and findings.

    Raises:
        ValueError: If a spacing is not between 0.01 and 100 mm, or the volume is oblique.
    """
    if wrong := wrong_spacing(spacing_of(affine)):
        raise ValueError(wrong)
    try:
        voxels, moved = to_lps(voxels, affine)
    except ValueError as error:
        order = axis_order(affine)
        shape = tuple(voxels.shape[axis] for axis in order)
        tilt = _tilt(affine[:, [*order, 3]], shape)
        if not tilt:
            raise
        raise ValueError(
            f"gantry tilt of {tilt:.1f}°: {error}, and only resampling could put the slices on a"
            " grid"
        ) from None
    return voxels, moved, _findings(moved, voxels.shape)


def wrong_spacing(spacing: Iterable[float]) -> str | None:
    """Describe a distance between voxels that is impossible for CT; None if all are possible.

    Example:
        >>> wrong_spacing([3.0, 0.7, 0.7]) is None
        True
        >>> wrong_spacing([3.0, 0.0, 0.7])
        'a spacing of 0 mm is not between 0.01 and 100 mm'
    """
    for size in spacing:
        if not MIN_SPACING_MM <= size <= MAX_SPACING_MM:  # also refuses NaN
            return (
                f"a spacing of {size:g} mm is not between {MIN_SPACING_MM} and {MAX_SPACING_MM} mm"
            )
    return None


def _findings(affine: NDArray[np.float64], shape: tuple[int, ...]) -> list[Finding]:
    findings = []
    if tilt := _tilt(affine, shape):
        text = f"gantry tilt: the stack is sheared by {tilt:.1f}°; pixels and affine keep it so"
        findings.append(Finding("gantry-tilt", "error", text))
    if shear := _shear_in_plane(affine, shape):
        text = f"rows and columns are sheared by {shear:.1f}°; pixels and affine keep them so"
        findings.append(Finding("gantry-tilt", "error", text))
    if shape[0] < FEW_SLICES:
        text = f"only {shape[0]} slices; a chest takes {FEW_SLICES} or more"
        findings.append(Finding("few-slices", "warning", text))
    return findings


def _tilt(affine: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Degrees between the stack's direction and the slices' normal; 0 if it is straight."""
    step, down, along = affine[:3, :3].T
    normal = np.cross(down, along)
    normal /= np.linalg.norm(normal)
    height = float(step @ normal)
    sideways = float(np.linalg.norm(step - height * normal))
    if sideways * (shape[0] - 1) <= SHIFT_TOLERANCE_MM:
        return 0.0
    return float(np.degrees(np.arctan2(sideways, abs(height))))


def _shear_in_plane(affine: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Degrees by which the angle between rows and columns deviates from 90; 0 if it does not."""
    _, down, along = affine[:3, :3].T
    width = float(np.linalg.norm(along))
    sideways = float(down @ along) / width
    if abs(sideways) * (shape[1] - 1) <= ROW_SHIFT_TOLERANCE * width:
        return 0.0
    height = float(np.linalg.norm(down - sideways * along / width))
    return float(np.degrees(np.arctan2(abs(sideways), height)))
