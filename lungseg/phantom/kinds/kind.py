"""What a patient or a scan may have that those of the plain cohort do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.patient import Patient
from lungseg.phantom.scan import paint_table
from lungseg.phantom.shapes import Slab
from lungseg.phantom.template import Array


@dataclass(frozen=True)
class Kind:
    """Nothing in particular; each subclass overrides what it changes.

    Random properties are fields, drawn by :meth:`draw`; painting draws nothing, since a scan is
    painted in portions.
    """

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw the random properties; the same state of `rng` gives the same ones."""
        return cls()

    def adapted(self, patient: Patient) -> Patient:
        """The patient, as the kind changes the whole body."""
        return patient

    def field_width(self, patient: Patient, usual: float) -> float:
        """Width of the scan field in mm, which is `usual` for other kinds."""
        return usual

    def paint_surroundings(self, hu: Array, patient: Patient, across: Array) -> None:
        """Paint what the patient lies on, ``[z, y, x]``, before the patient; in place.

        Args:
            hu: Air.
            patient: Who will lie there.
            across: Centres of rows and columns, in mm from the middle of the scan field.
        """
        paint_table(hu, patient, across)

    def paint(self, s: Slab, patient: Patient) -> None:
        """Paint what the body contains, and correct the mask, after everything else of it."""
