"""One patient of each kind, read from the written DICOM by pydicom, and the same without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
import pytest

from lungseg.arguments import PHANTOM_KINDS
from lungseg.phantom import write_cohort
from lungseg.phantom.variants import plant_of
from tests.conftest import once

SIZE = {"size": 64, "n_slices": 24, "seed": 1, "n_cases": len(PHANTOM_KINDS)}
BODY, AIR = -300, -700


@dataclass(frozen=True)
class Scan:
    """HU and mask, ``[z, y, x]`` from the feet up, and the spacing along these axes in mm."""

    hu: Any
    mask: Any
    spacing: Any

    @property
    def voxel_ml(self):
        return np.prod(self.spacing) / 1000

    @property
    def levels(self):
        """Slices with lung, from the base up."""
        return self.mask.any(axis=(1, 2)).nonzero()[0]


@pytest.fixture(scope="session")
def cohorts(tmp_path_factory):
    """Folders of the hard cohort and of the same patients without any kind. Read only."""

    def make(folder):
        write_cohort(folder / "hard", kinds=PHANTOM_KINDS, **SIZE)
        write_cohort(folder / "plain", **SIZE)

    return once(tmp_path_factory, "kinds", make)


@pytest.fixture(scope="session")
def hard(cohorts):
    """Scans by kind."""
    return {kind: _read(cohorts / "hard", k, f"_{kind}") for k, kind in enumerate(PHANTOM_KINDS)}


@pytest.fixture(scope="session")
def plain(cohorts):
    """The same patients, by the kind that they lack here."""
    return {kind: _read(cohorts / "plain", k, "") for k, kind in enumerate(PHANTOM_KINDS)}


def _read(root, index, suffix):
    name = f"Case_{index:03d}{suffix}"
    slices = [pydicom.dcmread(file) for file in (root / "Images" / name).iterdir()]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    hu = np.stack([s.pixel_array.astype(int) + int(s.RescaleIntercept) for s in slices])
    with np.load(root / "Segmentations" / f"{name}_seg.npz") as arrays:
        flips = [axis for axis, flip in enumerate(plant_of(index).mask_flip) if flip]
        mask = np.flip(arrays["masks"], flips) > 0
    step = np.diff([float(s.ImagePositionPatient[2]) for s in slices]).mean()
    return Scan(hu, mask, np.array([step, *map(float, slices[0].PixelSpacing)]))
