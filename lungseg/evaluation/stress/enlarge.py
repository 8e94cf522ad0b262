"""A larger field of view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lungseg.data.frame import Size
from lungseg.data.network_input import AIR_HU
from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan


class EnlargeField(Corruption):
    """Adds a strip of air along each border of the slice.

    The patient's pixels stay as they are, but the network may see them changed all the same: with
    ``data.matrix_size`` they become larger, histogram equalisation counts the air, and a patient
    who reached the border has air there now.
    """

    name = "enlarge"
    unit = "mm"
    strengths = (10.0, 20.0, 40.0, 80.0)
    words = (
        "A strip of air (-1000 HU) is added along all four borders of the slice, as in a field of"
        " view that is too large; the strength is its width. Patient and reference stay as they"
        " are."
    )

    def size(self, size: Size, spacing_mm: tuple[float, float, float], strength: float) -> Size:
        """Larger by the strips."""
        (top, below), (left, right) = _strips(spacing_mm, strength)
        return size[0] + top + below, size[1] + left + right

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU, larger by the strips."""
        strips = _strips(scan.spacing_mm, strength)
        return np.pad(scan.hu(z), strips, constant_values=AIR_HU)

    def labels(
        self, labels: NDArray[np.uint8], spacing_mm: tuple[float, float, float], strength: float
    ) -> NDArray[np.uint8]:
        """The reference, with nothing in the strips."""
        return np.pad(labels, _strips(spacing_mm, strength))


def _strips(spacing_mm: tuple[float, float, float], width_mm: float) -> list[tuple[int, int]]:
    """Pixels before and after, along y and along x."""
    return [(round(width_mm / mm),) * 2 for mm in spacing_mm[1:]]
