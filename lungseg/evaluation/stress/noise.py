"""Noise in each pixel."""

from __future__ import annotations

from lungseg.augment.noise import Noise
from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan, transformed


class AddNoise(Corruption):
    """White Gaussian noise, added by :class:`lungseg.augment.noise.Noise`."""

    name = "noise"
    unit = "HU"
    strengths = (10.0, 20.0, 40.0, 80.0)
    words = (
        "White Gaussian noise is added to each pixel; the strength is its standard deviation. Chest"
        " CT of usual dose has about 10 to 20 HU of its own in soft tissue."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU with noise."""
        return transformed(Noise(), scan.hu(z), {"sigma": strength, "seed": scan.seed(z)})
