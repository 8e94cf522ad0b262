"""Scans with known lungs, and what a model that was trained on some of them would remember."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lungseg.data.anatomy import anatomy_of
from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.domain import domain_of
from lungseg.data.store import describe
from lungseg.data.typical import typical_of
from lungseg.inference.doubt import doubts
from lungseg.metrics.sides import split_sides
from lungseg.phantom import make_case
from lungseg.sources.scan import Scan
from lungseg.volume import Volume


@dataclass(frozen=True)
class Known:
    """A scan and its lungs, uint8 ``[z, y, x]``, 0 or 1."""

    name: str
    volume: Volume
    mask: NDArray[np.uint8]

    @cached_property
    def labels(self):
        return split_sides(self.mask, self.volume.spacing)

    @cached_property
    def attributes(self):
        """As the store would keep them."""
        return describe(Case(self.name, self.volume, self.mask, {}, {"findings": []}, ""))

    def scan(self):
        return Scan(self.name, self.volume, self.volume.affine, self.attributes["image_sha256"])

    def changed(self, voxels=None, mask=None, affine=None):
        """The same with another image, mask or affine."""
        volume = Volume(
            self.volume.voxels if voxels is None else np.asarray(voxels, np.int16),
            self.volume.affine if affine is None else affine,
        )
        return replace(self, volume=volume, mask=self.mask if mask is None else mask)


def phantom(index, **size):
    case = make_case(index, **size)
    z, y, x = case.spacing
    affine = np.diag([x, y, z, 1.0])[:, [2, 1, 0, 3]]
    return Known(f"Case_{index:03d}", Volume(case.image, affine), case.mask)


def record_of(cases, train=None):
    """What a checkpoint would record of these cases, all or those named as trained on."""
    cohort = Cohort("", {case.name: case.attributes for case in cases})
    train = cohort.names if train is None else train
    return {
        "image_sha256": cohort.image_sha256,
        "split": {"train": train, "test": [name for name in cohort.names if name not in train]},
        "domain": domain_of(cohort, train),
        "anatomy": typical_of(cohort, train),
    }


def doubts_about(scan, labels, record, **more):
    """Findings on a scan and its lungs, which are measured first."""
    return doubts(scan, labels, anatomy_of(scan.volume, labels), record, **more)
