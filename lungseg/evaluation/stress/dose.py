"""Less dose."""

from __future__ import annotations

from lungseg.augment.low_dose import LowDose
from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan, transformed


class LowerDose(Corruption):
    """Correlated noise of a lower dose, by :class:`lungseg.augment.low_dose.LowDose`."""

    name = "dose"
    unit = "% of the dose"
    strengths = (50.0, 25.0, 10.0, 5.0)
    none = 100.0
    words = (
        "Noise with the texture of CT is added, as much as the scan would have gained at a share of"
        " its dose, if it had 12 HU at full dose; the strength is the share. Real low dose also has"
        " streaks between the shoulders, which this lacks."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU with noise."""
        params = {"dose": strength / 100, "seed": scan.seed(z)}
        return transformed(LowDose(), scan.hu(z), params)
