"""Thicker slices."""

from __future__ import annotations

import numpy as np

from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan


class ThickenSlices(Corruption):
    """The mean over a slab around each slice; slices stay where they are, and overlap.

    :class:`lungseg.augment.thick_slices.ThickSlices` averages whole slices, whose number would
    mean another thickness in each scan.
    """

    name = "thickness"
    unit = "mm"
    strengths = (5.0, 7.5, 10.0, 15.0)
    words = (
        "Each slice becomes the mean of what lies within a slab around it, as in a thicker"
        " reconstruction; the strength is the slab's thickness. Scans whose slices are as thick or"
        " thicker stay as they are; the reference is that of the slice itself."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """Weighted mean over the slices that are there."""
        total = np.zeros_like(scan.hu(z))
        whole = 0.0
        for offset, weight in slab(scan.spacing_mm[0], strength):
            if 0 <= z + offset < scan.n_slices:
                total += np.float32(weight) * scan.hu(z + offset)
                whole += weight
        return total / np.float32(whole)


def slab(spacing_mm: float, thickness_mm: float) -> list[tuple[int, float]]:
    """Neighbours and their weights: the share of a slab that each slice takes.

    A slice is taken to be as thick as the distance to the next one.

    Args:
        spacing_mm: Distance between slices.
        thickness_mm: Of the slab.

    Returns:
        Offsets in slices, and weights, which add up to 1; ``[(0, 1.0)]`` if slices are as thick.

    Example:
        >>> slab(2.5, 5.0)
        [(-1, 0.25), (0, 0.5), (1, 0.25)]
        >>> slab(5.0, 2.5)
        [(0, 1.0)]
    """
    if thickness_mm <= spacing_mm:
        return [(0, 1.0)]
    half, own = thickness_mm / 2, spacing_mm / 2
    reach = int(np.ceil((half - own) / spacing_mm - 1e-9))
    weights = [
        (min(half, k * spacing_mm + own) - max(-half, k * spacing_mm - own)) / thickness_mm
        for k in range(-reach, reach + 1)
    ]
    return list(zip(range(-reach, reach + 1), weights, strict=True))
