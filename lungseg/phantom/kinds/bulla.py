"""A large bulla: an air-filled region of a lung, without vessels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.lungs import lungs_of
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, ellipsoid, smooth_max, smooth_min
from lungseg.phantom.template import Point


@dataclass(frozen=True)
class Bulla(Kind):
    """Takes up about a third of a lung, and is lung.

    Attributes:
        centre: Of its larger chamber, in mm of the template.
        radii: Half axes of that chamber, in mm.
        hu: Of its air.
    """

    centre: Point
    radii: Point
    hu: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw side, place and size."""
        side = float(rng.choice([-1, 1]))
        return cls(
            centre=(side * rng.uniform(72, 80), rng.uniform(-16, -4), rng.uniform(140, 150)),
            radii=(rng.uniform(52, 58), rng.uniform(64, 72), rng.uniform(68, 76)),
            hu=rng.uniform(-996, -984),
        )

    def paint(self, s: Slab, patient: Patient) -> None:
        """Two chambers against the chest wall, with a thin wall of their own."""
        s, lungs = lungs_of(s)
        x, y, z = self.centre
        second = ellipsoid(s, (x, y + 34, z + 34), (36, 36, 34))
        chambers = smooth_min(ellipsoid(s, self.centre, self.radii), second, 12) + 2 * s.rough
        bulla = smooth_max(chambers, lungs + 1.5, 6)
        inside = s.cover(lungs)
        s.paint(np.abs(bulla) - 0.6, -650, s.thin(1.2) * inside)
        s.paint(bulla + 0.6, self.hu, inside)
