"""Chests drawn from ellipses in mm, with what scans of real ones are surrounded by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AIR, LUNG, FAT, MUSCLE, SHELL = -1000, -850, -100, 50, 150


@dataclass
class Chest:
    """A scan being drawn: x to the left and y to the back, in mm from the middle of the slice.

    Attributes:
        hu: float ``[z, y, x]``.
        lung: Voxels of the lungs.
        trunk: Voxels within the skin of the trunk.
        pixel: Size in mm.
    """

    hu: NDArray[np.float64]
    lung: NDArray[np.bool_]
    trunk: NDArray[np.bool_]
    pixel: float

    @property
    def spacing(self) -> tuple[float, float, float]:
        return (3.0, self.pixel, self.pixel)

    @property
    def scan(self) -> NDArray[np.int16]:
        """As a scanner records it: with noise, except where it records nothing."""
        noise = np.random.default_rng(0).normal(0, 25, self.hu.shape)
        noisy = np.maximum(self.hu + noise, -1023).round()
        return np.where(self.hu < AIR, self.hu, noisy).astype(np.int16)

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> NDArray[np.bool_]:
        """Within an ellipse, ``[y, x]``."""
        rows, columns = self._grid()
        return ((columns - x) / rx) ** 2 + ((rows - y) / ry) ** 2 <= 1

    def box(self, x0: float, x1: float, y0: float, y1: float) -> NDArray[np.bool_]:
        """Within a rectangle, ``[y, x]``."""
        rows, columns = self._grid()
        return (x0 <= columns) & (columns <= x1) & (y0 <= rows) & (rows <= y1)

    def paint(self, where: NDArray[np.bool_], hu: float, slices: slice = slice(None)) -> None:
        """Paint what stands outside the trunk; the trunk stays."""
        part = self.hu[slices]
        part[:] = np.where(where & ~self.trunk[slices], hu, part)

    def crop(self, rows: slice, columns: slice) -> Chest:
        """A smaller field of view."""
        part = (slice(None), rows, columns)
        return Chest(self.hu[part], self.lung[part], self.trunk[part], self.pixel)

    def _grid(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sizes = self.hu.shape[1:]
        rows, columns = ((np.arange(n) - (n - 1) / 2) * self.pixel for n in sizes)
        return rows[:, None], columns[None]


def chest(
    size: int = 128, n_slices: int = 6, *, width_mm: float = 480, wall_mm: float = 20
) -> Chest:
    """A trunk of 320 x 220 mm without arms, in air: the lungs are cut by first and last slice.

    Args:
        size: Pixels per side.
        n_slices: Number of slices.
        width_mm: Of a slice.
        wall_mm: Thickness of the chest wall at the sides.
    """
    shape = (n_slices, size, size)
    new = Chest(np.full(shape, float(AIR)), *np.zeros((2, *shape), bool), width_mm / size)
    for z in range(n_slices):
        new.trunk[z] = new.ellipse(0, 0, 160 - z, 110)
        inner = new.ellipse(0, 0, 160 - z - wall_mm, 110 - wall_mm)
        new.lung[z] = inner & ~new.ellipse(10, 0, 45, 200)
    new.hu[new.trunk] = FAT
    new.hu[:, new.ellipse(10, 0, 40, 80)] = MUSCLE
    new.hu[new.lung] = LUNG
    new.hu[:, new.ellipse(10, 10, 8, 8)] = AIR  # the airway
    return new
