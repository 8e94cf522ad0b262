"""A thick table of foam between stiff sheets."""

from __future__ import annotations

from dataclasses import dataclass

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.scan import paint_sheet
from lungseg.phantom.template import Array


@dataclass(frozen=True)
class ThickTable(Kind):
    """Foam nearly as dense as lung, 80 mm thick, the back resting on its upper sheet."""

    def paint_surroundings(self, hu: Array, patient: Patient, across: Array) -> None:
        """The stiff outside, and the foam in it."""
        paint_sheet(hu, patient, across, -1, 86, 215, -150)
        paint_sheet(hu, patient, across, 2, 80, 212, -880)
