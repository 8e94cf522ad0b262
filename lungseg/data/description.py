"""What a store says of a case beside its voxels: geometry, hashes, audit, fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case

PERCENTILES = (0.5, 5, 25, 50, 75, 95, 99.5)


def describe(case: Case) -> dict[str, Any]:
    """Attributes of a case: geometry, hashes, audit, and its part of the cohort's fingerprint."""
    from lungseg.data.anatomy import case_anatomy  # scipy

    voxels, mask = case.volume.voxels, case.mask
    positives = None if mask is None else np.count_nonzero(mask, axis=(1, 2))
    return {
        "case": case.name,
        "affine": case.volume.affine.tolist(),
        "spacing_mm": list(case.volume.spacing),
        "source_sha256": case.source_sha256,
        "content_sha256": _content_hash(voxels, mask, case.volume.affine),
        # Recognizes the same scan under another name, or with another mask.
        "image_sha256": image_hash(voxels),
        "audit": case.audit,
        "mask": mask is not None,
        "sides": case.sides is not None,
        # Missing in cases that older versions have prepared: a training measures it then.
        "anatomy": None
        if mask is None
        else case_anatomy(voxels, mask, case.volume.affine, case.sides),
        "fingerprint": {
            **case.header,
            "shape": list(voxels.shape),
            "n_slices": len(voxels),
            "n_empty": None if positives is None else int((positives == 0).sum()),
            "n_voxels": int(voxels.size),
            "n_positive": None if positives is None else int(positives.sum()),
            "hu_percentiles": hu_percentiles(voxels),
        },
    }


def image_hash(voxels: NDArray[np.int16]) -> str:
    """Hash of HU, which recognizes the same scan wherever it was read."""
    return hashlib.sha256(np.ascontiguousarray(voxels, "<i2").data).hexdigest()


def hu_percentiles(voxels: NDArray[np.int16]) -> dict[str, int]:
    """For each percentage, the lowest HU with at least that share of voxels at or below it."""
    counts = np.zeros(1 << 16, np.int64)
    for plane in voxels:  # counting is faster than sorting, and one plane fits the cache
        counts += np.bincount(plane.ravel().view(np.uint16) ^ 0x8000, minlength=1 << 16)
    shares = np.cumsum(counts) / voxels.size * 100
    return {str(p): int(np.searchsorted(shares, p)) - 0x8000 for p in PERCENTILES}


def _content_hash(
    voxels: NDArray[np.int16], mask: NDArray[np.uint8] | None, affine: NDArray[np.float64]
) -> str:
    """Hash of what a model could learn from, independent of the source's format."""
    digest = hashlib.sha256(repr(voxels.shape).encode())
    for array in (np.asarray(voxels, "<i2"), mask, affine.round(4).astype("<f8") + 0.0):
        if array is None:
            continue
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
