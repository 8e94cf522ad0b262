"""Effects of scanning: the table, blur, noise and the circle of the scan field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from lungseg.phantom.patient import Patient
from lungseg.phantom.template import AIR, Array
from lungseg.phantom.variants import Scanner

LOWEST_HU = -1024


def paint_table(hu: Array, patient: Patient, across: Array) -> None:
    """A mat of foam on two thin sheets, and the shell of the table under it; in place."""
    for top, thickness, half_width, sag, value in (
        (1.0, 15.0, 205.0, 0.0, -940.0),
        (2.0, 2.0, 205.0, 0.0, -420.0),
        (16.0, 2.0, 205.0, 0.0, -350.0),
        (70.0, 3.0, 200.0, 0.0009, 150.0),
    ):
        paint_sheet(hu, patient, across, top, thickness, half_width, value, sag=sag)


def paint_sheet(
    hu: Array,
    patient: Patient,
    across: Array,
    top: float,
    thickness: float,
    half_width: float,
    value: float | Array,
    *,
    sag: float = 0.0,
) -> None:
    """A sheet under the back, in place.

    Args:
        hu: What it is painted into, ``[z, y, x]``.
        patient: Who lies on it.
        across: Centres of rows and columns, in mm from the middle of the scan field.
        top: Distance of its upper side from the back, in mm.
        thickness: In mm.
        half_width: Half of its width, in mm.
        value: Its HU, also one for each pixel of a slice.
        sag: How much it is bent up at the sides, in 1/mm: by ``sag * x * x``.
    """
    x, y = across[None, :], across[:, None]
    pixel = across[1] - across[0]
    y = y - patient.centre[1] - patient.scale[1] * patient.back
    level = y - top + sag * x * x
    edge = np.maximum(np.abs(level - thickness / 2) - thickness / 2, np.abs(x) - half_width)
    share = np.clip(0.5 - edge / pixel, 0, 1) * min(1.0, thickness / pixel)
    hu += ((value - hu) * share).astype(np.float32)


def scan(hu: Array, scanner: Scanner, rng: np.random.Generator) -> None:
    """Blur, noise and the lowest value of a CT; in place.

    Noise is correlated between neighbours, weak in air, and forms horizontal streaks at the
    shoulders, which absorb most of the rays.
    """
    for axis in (1, 2):
        gaussian_filter1d(hu, scanner.blur, axis=axis, output=hu)
    noise = rng.standard_normal(hu.shape, dtype=np.float32)
    for axis in (1, 2):
        gaussian_filter1d(noise, scanner.blur + 0.1, axis=axis, output=noise, truncate=3)
    noise /= noise.std(dtype=np.float64).astype(np.float32)
    tissue = np.clip((hu - AIR) / 1000, 0, 1)
    # Attenuation of the rays by each row of pixels, relative to an average chest.
    thickness = tissue.mean(axis=2, keepdims=True) / np.float32(0.4)
    streaks = rng.standard_normal((*hu.shape[:2], 1), dtype=np.float32)
    noise += streaks * np.clip(thickness - 1.5, 0, 0.6)
    hu += noise * scanner.noise * (0.4 + 0.6 * tissue) * (0.8 + 0.25 * thickness**2)
    np.clip(hu, LOWEST_HU, 3071, out=hu)


def outside_circle(size: int) -> NDArray[np.bool_]:
    """Pixels that no ray reaches, ``[y, x]``."""
    offset = np.arange(size) - (size - 1) / 2
    outside: NDArray[np.bool_] = np.hypot(offset[:, None], offset) > size / 2
    return outside
