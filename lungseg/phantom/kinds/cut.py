"""A scan field narrower than the body."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient

# Between the lungs and the skin at every level of the lungs, in mm of the template.
HALF_WIDTH = 157.0


@dataclass(frozen=True)
class Cut(Kind):
    """The body touches the left and right edge of the slices; both lungs are complete."""

    def adapted(self, patient: Patient) -> Patient:
        """The patient in the middle of the scan field, as a field so narrow is placed."""
        return replace(patient, centre=(0.0, 0.0))

    def field_width(self, patient: Patient, usual: float) -> float:
        """Through the fat under the skin on both sides."""
        return 2 * HALF_WIDTH * patient.scale[0]
