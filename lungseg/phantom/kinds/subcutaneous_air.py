"""Air under the skin, as after an injury or a drain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, along_body, smooth_max
from lungseg.phantom.template import AIR, FAT_SHARE
from lungseg.phantom.trunk import outline_of
from lungseg.phantom.waves import Waves

BONE = 100.0  # HU


@dataclass(frozen=True)
class SubcutaneousAir(Kind):
    """Sheets and pockets of air between skin and ribs, mostly on one side; not lung.

    Attributes:
        side: 1 for the patient's left, -1 for the right.
        pockets: Air is where this field is near zero.
    """

    side: float
    pockets: Waves

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw the side and the pockets."""
        return cls(side=float(rng.choice([-1, 1])), pockets=Waves.draw(rng, 12, (30, 80)))

    def paint(self, s: Slab, patient: Patient) -> None:
        """Between skin and ribs, from the lower ribs up to the neck; bones stay."""
        s = s.within(z=(20, 290))
        if not s.hu.size:
            return
        fat = np.float32(patient.fat) * along_body(FAT_SHARE, s)
        outline = outline_of(s, patient)
        under_skin = np.maximum(outline + 4, -(outline + fat + 14))
        beside = np.maximum(30 - self.side * s.x, smooth_max(40 - s.z, s.z - 260, 20))
        rests = s.axes[1] - np.float32(patient.back) + 8
        sheets = 9 * (np.abs(self.pockets(*s.axes)) - 0.55)
        air = np.maximum(np.maximum(under_skin, beside), np.maximum(sheets, 8 - s.cavity))
        s.paint(np.maximum(air, rests), AIR, np.float32(1) * (s.hu < BONE))
