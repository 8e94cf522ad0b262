"""Blur within the plane."""

from __future__ import annotations

from lungseg.augment.blur import Blur
from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan, transformed


class BlurPlane(Corruption):
    """A Gaussian in the plane, by :class:`lungseg.augment.blur.Blur`."""

    name = "blur"
    unit = "mm"
    strengths = (0.75, 1.5, 3.0, 6.0)
    words = (
        "The slice is convolved with a Gaussian, as by a smoother reconstruction kernel or by"
        " motion; the strength is its standard deviation in the plane."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU, blurred."""
        return transformed(Blur(), scan.hu(z), {"sigma": strength / scan.pixel_mm})
