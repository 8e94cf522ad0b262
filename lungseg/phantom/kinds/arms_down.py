"""A patient whose arms lie beside the body."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient


@dataclass(frozen=True)
class ArmsDown(Kind):
    """Arms beside trunk and belly, all of them within a wider scan field."""

    def adapted(self, patient: Patient) -> Patient:
        """The patient with the arms down."""
        return replace(patient, arms_down=True)

    def field_width(self, patient: Patient, usual: float) -> float:
        """As wide as the arms, with 10 mm of air on either side."""
        reach = (patient.arm + 44) * max(1, patient.inflation) * patient.scale[0]
        return 2 * (reach + abs(patient.centre[0]) + 10)
