"""Neighbouring thin slices of a scan as one, as a scanner makes thick ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lungseg.data.network_slices import Slices


class Averaged:
    """Planes of a scan, each the mean of some slices.

    Args:
        voxels: HU ``[z, y, x]``.
        planes: Slices of each plane.
    """

    def __init__(self, voxels: NDArray[np.int16], planes: Sequence[range]) -> None:
        self._voxels = voxels
        self._planes = planes

    def __getitem__(self, k: int) -> NDArray[np.int16]:
        """One plane, int16 ``[y, x]``."""
        plane = self._planes[k]
        slices = self._voxels[plane[0] : plane[-1] + 1]
        mean: NDArray[np.int16] = np.rint(slices.mean(axis=0, dtype=np.float32)).astype(np.int16)
        return mean


class Joined:
    """Masks of planes: set where that of any of their slices is.

    Args:
        masks: Of slices.
        planes: Slices of each plane.
    """

    def __init__(self, masks: Slices, planes: Sequence[range]) -> None:
        self._masks = masks
        self._planes = planes

    def __getitem__(self, k: int) -> NDArray[np.bool_]:
        """One plane, bool ``[y, x]``."""
        joined: NDArray[np.bool_] = np.any([self._masks[z] for z in self._planes[k]], axis=0)
        return joined
