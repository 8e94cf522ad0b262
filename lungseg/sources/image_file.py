"""Contents of an image file: a three-dimensional array with an affine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.limits import MAX_VOXELS
from lungseg.errors import DataError
from lungseg.findings import Finding


@dataclass(frozen=True)
class ImageFile:
    """Contents of an image or mask file.

    Attributes:
        array: ``[i, j, k]`` as stored, rescaled where the file says so.
        affine: ``[4, 4]``, maps an array index ``(i, j, k, 1)`` to ``(x, y, z, 1)`` in mm (LPS).
        findings: What a reviewer should know about the file.
        segments: Masks ``[i, j, k]`` by segment name, if the file names its segments.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    findings: list[Finding] = field(default_factory=list)
    segments: Mapping[str, NDArray[np.bool_]] | None = None


def check_size(shape: tuple[int, ...]) -> None:
    """Refuse an array that is too large or empty for a CT, before it is decoded.

    Raises:
        DataError: If an array of this shape is empty or has more than 2**30 voxels.
    """
    count = 1
    for size in shape:
        count *= int(size)
    if not 0 < count <= MAX_VOXELS:
        raise DataError(f"an array of {count} voxels is not read (limit {MAX_VOXELS})")
