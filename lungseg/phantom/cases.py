"""A case: a patient, scanned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lungseg.arguments.numbers import check_at_least
from lungseg.arguments.phantom import check_phantom_kinds
from lungseg.phantom.anatomy import render
from lungseg.phantom.kinds import draw_kind
from lungseg.phantom.patient import Patient
from lungseg.phantom.scan import LOWEST_HU, outside_circle, scan
from lungseg.phantom.template import AIR, LUNG_APEX, LUNG_BASE
from lungseg.phantom.variants import (
    CYCLE,
    LARGE_LEFT_LUNG,
    PADDED,
    Plant,
    plant_of,
    scanner_of,
)

# Slices are painted in portions of this many voxels, which fit in the processor's cache.
PORTION = 200_000


@dataclass(frozen=True)
class PhantomCase:
    """One synthetic patient, as a correct reader should return it.

    Attributes:
        image: HU, int16 ``[z, y, x]``, at least -1024; z from the feet up, y to the back, x to the
            patient's left.
        mask: Both lungs, uint8 0 or 1, ``[z, y, x]``, on the image's grid.
        spacing: Distance between voxel centres along ``(z, y, x)``, in mm.
        origin: Centre of voxel ``(0, 0, 0)`` as ``(x, y, z)`` in mm (LPS).
        sex: ``F`` or ``M``.
        plant: Irregularities of the case.
        kind: What the patient or the scan has that others do not; empty for nothing.
    """

    image: NDArray[np.int16]
    mask: NDArray[np.uint8]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    sex: str
    plant: Plant
    kind: str = ""


def make_case(
    index: int, *, size: int = 128, n_slices: int = 36, seed: int = 0, kind: str = ""
) -> PhantomCase:
    """Make one synthetic patient.

    Args:
        index: Which patient, from 0. Sex, scanner and irregularities depend on ``index % 12``.
        size: Pixels per side of a slice, at least 32.
        n_slices: Approximate number of slices, at least 12; patients differ by a few.
        seed: The same seed gives the same patient.
        kind: One of :data:`lungseg.arguments.PHANTOM_KINDS`, for example ``bulla``; empty for
            nothing. The same patient with another kind differs in nothing else, but for the size
            of pixels where the kind concerns the scan field.

    Returns:
        The patient's CT and mask.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> case = make_case(0, size=32, n_slices=12)
        >>> case.image.shape == case.mask.shape
        True
    """
    check_at_least(index=(index, 0), size=(size, 32), n_slices=(n_slices, 12), seed=(seed, 0))
    check_phantom_kinds([kind] if kind else [])
    rng = np.random.default_rng([seed, index])
    variant = index % CYCLE
    female = variant % 2 == 0
    scanner = scanner_of(index)
    patient = Patient.draw(rng, female=female, large_left=variant == LARGE_LEFT_LUNG)
    # With random numbers of its own: those of the patient and the scan stay as they are without it.
    what = draw_kind(kind, np.random.default_rng([seed, index, *kind.encode()]))
    patient = what.adapted(patient)

    count = n_slices + round(n_slices * rng.uniform(-0.08, 0.08))
    pixel = round(what.field_width(patient, rng.uniform(465, 490)) / size, 4)
    lungs = (LUNG_APEX - LUNG_BASE) * patient.scale[2]
    empty = lungs / (1 - rng.uniform(0.435, 0.48)) - lungs
    step = round((lungs + empty) / count, 3)
    z = LUNG_BASE * patient.scale[2] - empty * rng.uniform(0.45, 0.55) + step * np.arange(count)
    across = (np.arange(size) - (size - 1) / 2) * pixel

    hu = np.full((count, size, size), AIR, np.float32)
    mask = np.zeros(hu.shape, np.uint8)
    portion = max(1, PORTION // size**2)
    for first in range(0, count, portion):
        part = slice(first, first + portion)
        what.paint_surroundings(hu[part], patient, across)
        mask[part] = render(patient, across, across, z[part], hu[part], thickness=step, kind=what)
        scan(hu[part], scanner, rng)
    image = np.rint(hu).astype(np.int16)
    if variant == PADDED:
        image[:, outside_circle(size)] = LOWEST_HU
    start = round(float(across[0]), 3)
    return PhantomCase(
        image=image,
        mask=mask,
        spacing=(step, pixel, pixel),
        origin=(start, round(start - rng.uniform(0, 60), 3), round(rng.uniform(-900, 200), 1)),
        sex="F" if female else "M",
        plant=plant_of(index),
        kind=kind,
    )
