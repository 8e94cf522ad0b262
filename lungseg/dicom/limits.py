"""Limits of size beyond which a DICOM file is refused without being read."""

from __future__ import annotations

MAX_FILE_BYTES = 2 << 30  # an Enhanced CT of 4,000 slices still fits
MAX_INFLATED_BYTES = 256 << 20  # for a data set in the Deflated transfer syntax
MAX_SIDE = 4096  # pixels per side of a slice
MAX_FRAMES = 8192
MAX_VOXELS = 1 << 30  # per series: 2 GiB as int16


class RefusedError(ValueError):
    """A file is refused; the message never quotes text from it."""


def check_size(n_slices: int, rows: int, columns: int) -> None:
    """Refuse a grid too large or empty for a CT, before memory is allocated.

    Raises:
        RefusedError: If a side is not in 1…4096, or there are no or too many slices or voxels.
    """
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE):
        raise RefusedError(f"slices of {rows} × {columns} pixels; 1 to {MAX_SIDE} a side are read")
    if not 0 < n_slices <= MAX_FRAMES or n_slices * rows * columns > MAX_VOXELS:
        raise RefusedError(
            f"{n_slices} slices of {rows} × {columns} pixels; at most {MAX_FRAMES} slices and"
            f" {MAX_VOXELS >> 20} million voxels are read"
        )
