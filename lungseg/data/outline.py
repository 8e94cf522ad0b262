"""Where the patient is in a scan: the skin and all within it, from the scan alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lungseg.data.planar import dilate
from lungseg.errors import DataError

TISSUE_HU = -400
"""Above are skin, fat and clothes' seams; below lung, air and foam (-900 to -700 HU)."""
COARSE_MM = 2.0
"""Size of the pixels on which the patient is found: noise averages out, and it is fast."""
WOUND_MM = 6.0
"""Opened by a drain or a wound up to here, a chest is closed by the slices above and below."""
PORTION = 8
"""Slices at a time: few enough for the processor's cache."""


def patient_outline(
    voxels: NDArray[np.int16], spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Find the patient: all within the skin, with lungs, airways and gas, without table and air.

    Each slice is searched alone, on pixels of about 2 mm (:func:`lungseg.data.bodies.bodies`): air
    in the lungs is connected to the air around the patient through mouth and nose, but not within
    a slice. What is the patient in slices close above and below is so between them, too. The skin
    is then placed on the scan's own pixels, up to one of them too far out, and never further in.
    Arms belong to the patient, also where they are parts of their own.

    Args:
        voxels: HU, int16 ``[z, y, x]``.
        spacing_mm: Distance between voxel centres along ``(z, y, x)``, in mm.

    Returns:
        ``[z, y, x]``, True within the patient. Slices beyond the patient are empty.

    Raises:
        DataError: If no slice shows a patient.
        ValueError: If `voxels` has not three axes.

    Example:
        >>> scan = np.full((1, 64, 64), -1000, np.int16)
        >>> scan[0, 16:48, 8:56] = 40
        >>> scan[0, 20:44, 12:30] = -850  # a lung
        >>> scan[0, 52, 4:60] = 100  # a table
        >>> outline = patient_outline(scan, (3.0, 5.0, 5.0))
        >>> bool(outline[0, 30, 20]), bool(outline[0, 52, 30])
        (True, False)
    """
    if voxels.ndim != 3:
        raise ValueError(f"voxels must have the axes z, y and x, got shape {voxels.shape}")
    from lungseg.data.bodies import bodies  # scipy

    steps = tuple(max(1, round(COARSE_MM / size)) for size in spacing_mm[1:])
    coarse_mm = float(np.mean([s * size for s, size in zip(steps, spacing_mm[1:], strict=True)]))
    depth = _depth(voxels, steps)
    portions = [slice(z, z + PORTION) for z in range(0, len(voxels), PORTION)]
    found = np.concatenate(
        [bodies(_coarse(voxels[z], steps) > TISSUE_HU, depth, coarse_mm) for z in portions]
    )
    found = _between(found, max(1, int(WOUND_MM / spacing_mm[0])))
    outline = np.zeros(voxels.shape, bool)
    for z in portions:
        outline[z] = _at_skin(voxels[z], found[z], steps)
    if not outline.any():
        raise DataError(
            "no patient is found in the scan, whose outline the network needs: nothing in it is as"
            " large and as dense as a body (trainings may use data.crop=none data.outside=keep)"
        )
    return outline


def body_box(outline: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """The smallest box in the plane that holds the patient in every slice.

    Args:
        outline: ``[z, y, x]``, from :func:`patient_outline`.

    Returns:
        ``(y0, y1, x0, x1)``: first row and column, and those after the last.

    Raises:
        ValueError: If the outline is empty.

    Example:
        >>> outline = np.zeros((2, 8, 8), bool)
        >>> outline[0, 2, 3] = outline[1, 4, 3] = True
        >>> body_box(outline)
        (2, 5, 3, 4)
    """
    seen = np.logical_or.reduce(outline, axis=0)
    if not seen.any():
        raise ValueError("the outline is empty: there is nothing to put a box around")
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _coarse(voxels: NDArray[np.int16], steps: tuple[int, ...]) -> NDArray[np.float32]:
    """Means of blocks of pixels; at the far edges, the last rows and columns are repeated."""
    short = [-size % step for size, step in zip(voxels.shape[1:], steps, strict=True)]
    if any(short):
        voxels = np.pad(voxels, ((0, 0), (0, short[0]), (0, short[1])), mode="edge")
    down, across = steps
    rows = np.add.reduce([voxels[:, i::down] for i in range(down)], dtype=np.float32)
    total = np.add.reduce([rows[..., i::across] for i in range(across)])
    return np.asarray(total / (down * across), np.float32)


def _depth(voxels: NDArray[np.int16], steps: tuple[int, ...]) -> NDArray[np.float64]:
    """Distance to the edge of the scanned field in coarse pixels, 0 outside.

    The field is the image, or the circle outside which the scanner's padding stands. Padding is
    known by its single value, in all slices: real air is noisy.
    """
    from scipy import ndimage

    rows, columns = (
        np.arange(-(-size // step)) * step + (step - 1) / 2
        for size, step in zip(voxels.shape[1:], steps, strict=True)
    )
    height, width = voxels.shape[1:]
    radius = np.hypot(*np.ix_(rows - (height - 1) / 2, columns - (width - 1) / 2))
    padding = voxels[0, 0, 0]
    sampled = np.zeros(radius.shape, bool)
    for plane in voxels:
        seen = plane[:: steps[0], :: steps[1]]
        sampled |= (seen != padding) | (seen > TISSUE_HU)
    field = np.pad(radius <= np.max(radius, where=sampled, initial=0), 1)
    return np.asarray(ndimage.distance_transform_edt(field)[1:-1, 1:-1])


def _between(found: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """What is True within some slices below and above is True between."""
    below, above = found.copy(), found.copy()
    for step in range(1, steps + 1):
        below[step:] |= found[:-step]
        above[:-step] |= found[step:]
    return below & above


def _at_skin(
    voxels: NDArray[np.int16], found: NDArray[np.bool_], steps: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Bodies on the scan's own pixels: the coarse ones, and what is tissue right beside them."""
    own, beside = (
        mask.repeat(steps[0], axis=1).repeat(steps[1], axis=2)[
            :, : voxels.shape[1], : voxels.shape[2]
        ]
        for mask in (found, dilate(found, 1))
    )
    return own | (beside & (voxels > TISSUE_HU))
