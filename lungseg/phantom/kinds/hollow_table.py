"""A table that is an empty shell."""

from __future__ import annotations

from dataclasses import dataclass

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.scan import paint_sheet
from lungseg.phantom.template import AIR, Array


@dataclass(frozen=True)
class HollowTable(Kind):
    """A dense shell around air, bent up at the sides like a trough, with two walls inside.

    Its three chambers are air enclosed by something dense: what a threshold takes for lungs.
    """

    def paint_surroundings(self, hu: Array, patient: Patient, across: Array) -> None:
        """A thin mat, the shell under it, and its three chambers."""
        sag = 0.0006
        paint_sheet(hu, patient, across, -1, 5, 208, -900, sag=sag)
        paint_sheet(hu, patient, across, 4, 66, 208, 60, sag=sag)
        walls = abs(abs(across) - 75) < 4
        chambers = AIR + walls[None, :] * (60 - AIR)
        paint_sheet(hu, patient, across, 8, 58, 203, chambers, sag=sag)
