"""A pneumothorax: air between lung and chest wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.lungs import lungs_of
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, smooth_max
from lungseg.phantom.template import AIR


@dataclass(frozen=True)
class Pneumothorax(Kind):
    """Air around one lung, most of it in front, which is not lung.

    Attributes:
        side: 1 for the patient's left, -1 for the right.
        width: Width of the gap at the side of the lung, in mm; in front it is three times as wide.
    """

    side: float
    width: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw side and width."""
        return cls(side=float(rng.choice([-1, 1])), width=rng.uniform(11, 16))

    def paint(self, s: Slab, patient: Patient) -> None:
        """The gap, the lung's own surface as a fine line, and the denser lung behind it."""
        s, lungs = lungs_of(s)
        width = self.width * np.clip(1 - s.y / 45, 0.15, 3)
        # The apex falls away from the wall, too.
        depth = np.minimum(-s.cavity, 0.7 * (215 - s.z))
        gap = smooth_max(depth - width + 3 * s.rough, lungs, 4)
        gap = smooth_max(gap, 12 - self.side * s.x, 4)
        inside = s.cover(lungs)
        beside = inside * s.side_of(self.side) * s.cover(-gap)
        s.hu[...] += 90 * beside * (s.hu < -650)
        s.paint(np.abs(gap) - 0.7, -300, s.thin(1.4) * inside * s.side_of(self.side))
        s.paint(gap + 0.7, AIR)
        s.lungs[gap < 0] = False
