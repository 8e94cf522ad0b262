"""An open airway: the mouth is within the scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.shapes import Slab, along_body, oval
from lungseg.phantom.template import AIR, AIRWAY_AT


@dataclass(frozen=True)
class Airway(Kind):
    """Air from outside the lips through mouth and windpipe down into the lungs; not lung."""

    def paint(self, s: Slab, patient: Patient) -> None:
        """The open mouth, up to the top of the scan, and the throat behind it."""
        s = s.within((-40, 40), (-150, 40), (296, 1e4))
        throat = np.maximum(oval(s.x, s.y - along_body(AIRWAY_AT, s), 13, 11), 300 - s.z)
        mouth = np.maximum(np.abs(s.x) - 25, np.maximum(s.y + 8, 304 - s.z))
        s.paint(np.minimum(throat, mouth), AIR)
