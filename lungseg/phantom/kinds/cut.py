"""A scan field narrower than the body."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient

# Between the right lung and the skin at every level of the lungs, in mm of the template; the left
# side of a body is wider or narrower by `Patient.inflation`.
HALF_WIDTH = 157.0


@dataclass(frozen=True)
class Cut(Kind):
    """The body touches the left and right edge of the slices; both lungs are complete."""

    def adapted(self, patient: Patient) -> Patient:
        """The patient in the middle of the scan field, as a field so narrow is placed."""
        off = 0.5 * (1 - patient.inflation) * HALF_WIDTH * patient.scale[0]
        return replace(patient, centre=(off, 0.0))

    def field_width(self, patient: Patient, usual: float) -> float:
        """Through the fat under the skin on both sides."""
        return (1 + patient.inflation) * HALF_WIDTH * patient.scale[0]
