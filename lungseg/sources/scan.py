"""A scan as a model is given it: an image, without a mask, and the grid that it was stored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.findings import Finding
from lungseg.volume import Volume, from_lps


@dataclass(frozen=True)
class Scan:
    """One image, read.

    Attributes:
        name: Pseudonym; the only name of the scan that is written anywhere.
        volume: HU, in the project's order of axes.
        stored_affine: ``[4, 4]``, of the array as it was stored: maps its index ``(i, j, k, 1)`` to
            ``(x, y, z, 1)`` in mm (LPS). For DICOM ``(slice, row, column)``, slices along the
            normal of the image plane.
        image_sha256: Hash of the volume's voxels, as in the store.
        header: ``sex``, ``scanner``, ``synthetic``, as far as known.
        findings: From reading.
        instances: For DICOM, file and number of the frame (from 1) of each slice as stored. In
            memory only.
    """

    name: str
    volume: Volume
    stored_affine: NDArray[np.float64]
    image_sha256: str
    header: dict[str, str | bool] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    instances: tuple[tuple[Path, int], ...] = ()

    def as_stored(self, array: NDArray[Any]) -> NDArray[Any]:
        """An array on the volume's grid, ``[z, y, x]``, with the axes of the stored one (a view).

        For DICOM the result is ``[slice, row, column]``, and slice k belongs to ``instances[k]``.
        """
        return from_lps(array, self.stored_affine)
