"""Emphysema: destroyed tissue all over overinflated lungs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.lungs import lungs_of
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab
from lungseg.phantom.waves import Waves


@dataclass(frozen=True)
class Emphysema(Kind):
    """Many holes without walls of their own, more of them towards the apices; all of it is lung.

    Attributes:
        holes: They are where this field is high.
        share: Value of the field above which there is a hole, half way up the lungs.
    """

    holes: Waves
    share: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw holes of one to three centimetres."""
        return cls(holes=Waves.draw(rng, 30, (18, 50)), share=rng.uniform(-0.35, -0.05))

    def adapted(self, patient: Patient) -> Patient:
        """Darker lungs above a flattened diaphragm."""
        right, left = patient.domes
        return replace(patient, domes=(right - 18, left - 18), lung=min(patient.lung - 50, -870))

    def paint(self, s: Slab, patient: Patient) -> None:
        """Thin out the tissue of the holes, and with it the vessels."""
        s, lungs = lungs_of(s)
        above = self.holes(*s.axes) - self.share + np.clip((s.z - 110) / 160, -0.6, 0.6)
        # Their edges are as soft as the field is: about 4 mm.
        hole = np.clip(0.5 + 2 * above, 0, 1) * np.float32(0.85)
        s.hu[...] += (-985 - s.hu) * (hole * s.cover(lungs + 2))
