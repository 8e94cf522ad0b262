"""A smaller field of view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.network_input import AIR_HU
from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan


class CropField(Corruption):
    """Loses a strip along each border of the slice, which becomes air.

    The reference loses it too: what is not in the image is not missed by the model.
    """

    name = "crop"
    unit = "mm"
    strengths = (20.0, 40.0, 60.0, 80.0)
    words = (
        "A strip along all four borders of the slice is lost, as in a field of view that is too"
        " small, and padded with air (-1000 HU); the strength is its width. The reference loses the"
        " same strip: only what can be seen is scored."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU, air outside the field."""
        return _outside(scan.hu(z), scan.spacing_mm, strength, AIR_HU)

    def labels(
        self, labels: NDArray[np.uint8], spacing_mm: tuple[float, float, float], strength: float
    ) -> NDArray[np.uint8]:
        """The reference inside the field."""
        return _outside(labels.copy(), spacing_mm, strength, 0)


def _outside(
    plane: NDArray[Any], spacing_mm: tuple[float, float, float], lost_mm: float, value: int
) -> NDArray[Any]:
    """Set what lies within so many mm of a border, rounded to pixels; at least one pixel stays."""
    for axis, mm in enumerate(spacing_mm[1:]):
        n = min(round(lost_mm / mm), (plane.shape[axis] - 1) // 2)
        along = np.moveaxis(plane, axis, 0)
        along[:n] = value
        along[len(along) - n :] = value
    return plane
