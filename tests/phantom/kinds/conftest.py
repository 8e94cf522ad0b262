"""One patient of each kind, read from the written DICOM by pydicom, and the same without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
import pytest

from lungseg.arguments.phantom import PHANTOM_KINDS
from lungseg.phantom import make_case, write_cohort
from lungseg.phantom.variants import plant_of
from tests.conftest import once

SIZE = {"size": 64, "n_slices": 24, "seed": 1}
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
def hard_root(tmp_path_factory):
    """Folder of the hard cohort. Read only."""

    def make(folder):
        write_cohort(folder / "hard", kinds=PHANTOM_KINDS, n_cases=len(PHANTOM_KINDS), **SIZE)

    return once(tmp_path_factory, "kinds", make) / "hard"


@pytest.fixture(scope="session")
def hard(hard_root):
    """Scans by kind."""
    return {kind: _read(hard_root, k, kind) for k, kind in enumerate(PHANTOM_KINDS)}


@pytest.fixture(scope="session")
def plain():
    """The same patients, by the kind that they lack here."""
    cases = [make_case(k, **SIZE) for k in range(len(PHANTOM_KINDS))]
    scans = [Scan(case.image.astype(int), case.mask > 0, np.array(case.spacing)) for case in cases]
    return dict(zip(PHANTOM_KINDS, scans, strict=True))


def _read(root, index, kind):
    name = f"Case_{index:03d}_{kind}"
    slices = [pydicom.dcmread(file) for file in (root / "Images" / name).iterdir()]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    hu = np.stack([s.pixel_array.astype(int) + int(s.RescaleIntercept) for s in slices])
    with np.load(root / "Segmentations" / f"{name}_seg.npz") as arrays:
        flips = [axis for axis, flip in enumerate(plant_of(index).mask_flip) if flip]
        mask = np.flip(arrays["masks"], flips) > 0
    step = np.diff([float(s.ImagePositionPatient[2]) for s in slices]).mean()
    return Scan(hu, mask, np.array([step, *map(float, slices[0].PixelSpacing)]))
