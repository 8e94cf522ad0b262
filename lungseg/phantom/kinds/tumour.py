"""A tumour at the chest wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, ellipsoid, smooth_min
from lungseg.phantom.template import CAVITY_AT, CAVITY_X, CAVITY_Y, Point


@dataclass(frozen=True)
class Tumour(Kind):
    """A lobed mass of soft tissue on a broad base at the ribs; not lung.

    Attributes:
        centre: In mm of the template.
        radii: Half axes, in mm.
        hu: Of the mass.
    """

    centre: Point
    radii: Point
    hu: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw a place on the inside of the ribs, beside or behind a lung, and the size."""
        z = rng.uniform(90, 170)
        angle = rng.uniform(-0.3, 0.7)  # from the side towards the back
        side = float(rng.choice([-1, 1]))
        x, y = 0.88 * CAVITY_X(z) * np.cos(angle), 0.88 * CAVITY_Y(z) * np.sin(angle)
        a, b, c = rng.uniform(26, 36, 3).tolist()
        return cls(
            centre=(side * float(x), float(CAVITY_AT(z) + y), z),
            radii=(a, b, c),
            hu=rng.uniform(30, 55),
        )

    def paint(self, s: Slab, patient: Patient) -> None:
        """The mass, with a satellite, from the fat on the ribs inwards."""
        x, y, z = self.centre
        s = s.around(self.centre, (80, 80, 80))
        satellite = ellipsoid(s, (0.8 * x, y - 18, z + 16), (17, 16, 16))
        mass = smooth_min(ellipsoid(s, self.centre, self.radii), satellite, 10) + 3 * s.rough
        mass = np.maximum(mass, s.cavity - 2)
        s.paint(mass, self.hu + 6 * s.rough)
        s.lungs[mass < 0] = False
