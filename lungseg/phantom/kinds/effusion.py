"""A pleural effusion: fluid between lung and chest wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.lungs import lungs_of
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, smooth_max


@dataclass(frozen=True)
class Effusion(Kind):
    """Fluid at the base and the back of one side, which is not lung.

    The lung floats on it. A strip of it beside the fluid is partly collapsed, which is lung.

    Attributes:
        side: 1 for the patient's left, -1 for the right.
        level: Height of the fluid at the lung base, y in mm: the smaller, the more fluid.
        hu: Of the fluid.
    """

    side: float
    level: float
    hu: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw side and amount."""
        return cls(
            side=float(rng.choice([-1, 1])),
            level=rng.uniform(-25, 5),
            hu=rng.uniform(2, 18),
        )

    def paint(self, s: Slab, patient: Patient) -> None:
        """Below a surface that falls towards the apex and climbs along the wall."""
        s, lungs = lungs_of(s)
        climbs = 26 * np.clip(1 + s.cavity / 24, 0, 1) ** 2
        surface = self.level + 0.42 * s.z - climbs - s.y + 3 * s.rough
        fluid = smooth_max(smooth_max(surface * np.float32(0.85), lungs, 6), 4 - self.side * s.x, 4)
        inside = s.cover(lungs)
        beside = s.side_of(self.side)
        collapsed = np.clip(1 - fluid / 9, 0, 1) * inside * beside
        s.hu[...] += (-120 - s.hu) * (collapsed * np.float32(0.75))
        s.paint(fluid, self.hu)
        s.lungs[fluid < 0] = False
