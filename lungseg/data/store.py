"""The store: one Zarr group a case, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.errors import DataError

if TYPE_CHECKING:
    import zarr

FORMAT = 2  # of what stands in a case's group; a store of another format is prepared anew
PERCENTILES = (0.5, 5, 25, 50, 75, 95, 99.5)


def case_path(store: str | Path, case: str) -> str:
    """Path or URL of one case's group."""
    return f"{str(store).rstrip('/')}/{case}.zarr"


def write_case(store: Path, case: Case, source_state: str) -> dict[str, Any]:
    """Write one case under a temporary name, then rename it into place.

    Arrays: ``image`` int16 and ``mask`` uint8, ``[z, y, x]``, one chunk a slice. A case already
    there under that name is replaced.

    Args:
        store: Folder of the store; made if missing.
        case: Image and mask.
        source_state: As the source gives it; tells later whether the source changed.

    Returns:
        The attributes as written.
    """
    import zarr
    from zarr.codecs import BloscCodec

    attributes = describe(case) | {"source_state": source_state}
    store.mkdir(parents=True, exist_ok=True)
    part = store / f".{case.name}-{uuid.uuid4().hex}.part"
    try:
        group = zarr.open_group(part, mode="w", zarr_format=3)
        for name, array in (("image", case.volume.voxels), ("mask", case.mask)):
            stored = group.create_array(
                name,
                shape=array.shape,
                dtype=array.dtype,
                chunks=(1, *array.shape[1:]),
                # A third of the time of the default codec, for reading and for writing.
                compressors=BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"),
                dimension_names=("z", "y", "x"),
                # Else slices without lung would be left out, and a lost chunk look like one.
                config={"write_empty_chunks": True},
            )
            stored[:] = array
        group.attrs.put(attributes)
        _replace(part, Path(case_path(store, case.name)))
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return attributes


def _replace(new: Path, target: Path) -> None:
    """Put a folder in another's place; the old one is removed only when the new one is there."""
    while True:
        try:
            os.rename(new, target)  # fails where a folder with something in it has the name
            return
        except OSError:
            if not target.exists():
                raise
        old = new.with_suffix(".old")
        try:
            os.rename(target, old)
        except FileNotFoundError:
            continue  # another process has just put the same case there anew
        try:
            os.rename(new, target)
        except OSError:
            if not target.exists():
                os.rename(old, target)
                raise
        shutil.rmtree(old)
        return


def open_case(store: str | Path, case: str) -> zarr.Group:
    """Open one case for reading, from a folder or any fsspec URL.

    Raises:
        DataError: If the store has no such case.
    """
    import zarr

    try:
        return zarr.open_group(case_path(store, case), mode="r")
    except (FileNotFoundError, ValueError):
        raise DataError(f"{case}: not in the store; run lungseg prepare", store) from None


def open_arrays(store: str | Path, case: str) -> tuple[zarr.Array[Any], zarr.Array[Any]]:
    """Open ``image`` (int16 HU) and ``mask`` (uint8) of one case, ``[z, y, x]``, for reading.

    Raises:
        DataError: If the store has no such case, or slices of it are missing.
    """
    group = open_case(store, case)
    arrays = group["image"], group["mask"]
    for array in arrays:
        # Zarr would read a lost chunk as zeros.
        lost = array.nchunks - array.nchunks_initialized  # type: ignore[union-attr]
        if lost:
            raise DataError(
                f"{case}: {lost} slices are missing in the store; remove it and prepare it anew",
                store,
            )
    return arrays  # type: ignore[return-value]  # a group may also hold groups; ours does not


def attributes(store: str | Path, case: str) -> dict[str, Any] | None:
    """Attributes of one case, or None where it is missing or of another format."""
    try:
        found: dict[str, Any] = dict(open_case(store, case).attrs)
    except DataError:
        return None
    return found if found.get("format") == FORMAT else None


def describe(case: Case) -> dict[str, Any]:
    """Attributes of a case: geometry, hashes, audit, and its share in the cohort's fingerprint."""
    voxels, mask = case.volume.voxels, case.mask
    positives = mask.sum(axis=(1, 2), dtype=np.int64)
    return {
        "format": FORMAT,
        "case": case.name,
        "affine": case.volume.affine.tolist(),
        "spacing_mm": list(case.volume.spacing),
        "source_sha256": case.source_sha256,
        "content_sha256": _content_hash(voxels, mask, case.volume.affine),
        # Tells a scan again under another name, or with another mask.
        "image_sha256": hashlib.sha256(voxels.astype("<i2").tobytes()).hexdigest(),
        "audit": case.audit,
        "fingerprint": {
            **case.header,
            "shape": list(voxels.shape),
            "n_slices": len(positives),
            "n_empty": int((positives == 0).sum()),
            "n_voxels": int(voxels.size),
            "n_positive": int(positives.sum()),
            "hu_percentiles": _percentiles(voxels),
        },
    }


def _percentiles(voxels: NDArray[np.int16]) -> dict[str, int]:
    """Lowest HU with at least so many percent of voxels at or below it; counting beats sorting."""
    counts = np.bincount(voxels.ravel().astype(np.uint16) ^ 0x8000, minlength=1 << 16)
    shares = np.cumsum(counts) / voxels.size * 100
    return {str(p): int(np.searchsorted(shares, p)) - 0x8000 for p in PERCENTILES}


def _content_hash(
    voxels: NDArray[np.int16], mask: NDArray[np.uint8], affine: NDArray[np.float64]
) -> str:
    """Hash of what a model could learn from: equal for equal voxels however they were delivered."""
    digest = hashlib.sha256(repr(voxels.shape).encode())
    for array in (voxels.astype("<i2"), mask, affine.round(4).astype("<f8") + 0.0):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
