"""A vacuum cushion of foam beads, which encloses the back and the sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.scan import paint_table
from lungseg.phantom.shapes import oval
from lungseg.phantom.template import Array


@dataclass(frozen=True)
class Cushion(Kind):
    """Foam in a thin bag, in contact with the skin up to half the height of the body.

    Attributes:
        hu: Of the foam.
    """

    hu: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw the foam."""
        return cls(hu=rng.uniform(-960, -930))

    def paint_surroundings(self, hu: Array, patient: Patient, across: Array) -> None:
        """The usual table, and the cushion on it; the body is painted over the cushion's middle."""
        paint_table(hu, patient, across)
        x, y = across[None, :] - patient.centre[0], across[:, None] - patient.centre[1]
        x, y = x / patient.scale[0], y / patient.scale[1] + 0 * x
        pixel = (across[1] - across[0]) / patient.scale[0]
        bag = np.maximum(oval(x, y - 8, 226, patient.back - 6), -12 - y)
        for distance, value in ((bag, -250.0), (bag + 2.5, self.hu)):
            share = np.clip(0.5 - distance / pixel, 0, 1)
            hu += ((value - hu) * share).astype(np.float32)
