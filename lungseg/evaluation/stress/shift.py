"""HU that are off by a constant."""

from __future__ import annotations

import numpy as np

from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan


class ShiftHU(Corruption):
    """A constant added to all HU."""

    name = "shift"
    unit = "HU"
    strengths = (25.0, 50.0, 100.0, 200.0)
    words = (
        "A constant is added to all HU, as by a scanner that is not calibrated; the strength is the"
        " constant. It is positive: lung comes to resemble soft tissue, and air to resemble lung."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU plus the constant."""
        return scan.hu(z) + np.float32(strength)
