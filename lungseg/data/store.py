"""The store: one Zarr group per case, written atomically."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.data.lock import nobody_writing, writing
from lungseg.data.place import Place, is_url, join, read_text, remove, unreachable
from lungseg.data.preview import preview
from lungseg.errors import DataError

if TYPE_CHECKING:
    import zarr

FORMAT = 3  # of a case's group; cases of another format are prepared again
PART = ".part-"
ZARRS = {"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}
PERCENTILES = (0.5, 5, 25, 50, 75, 95, 99.5)
NO_MASK = "has no mask: prepared with data.masks=none, it cannot be trained on or evaluated"
"""Why such a case is refused."""


def case_path(store: Place, case: str) -> str:
    """Path or URL of one case's group."""
    return join(store, f"{case}.zarr")


def write_case(store: Place, case: Case, source_state: str) -> dict[str, Any]:
    """Write one case atomically.

    Arrays, ``[z, y, x]`` with one chunk per slice: ``image`` int16, ``mask`` uint8 if the case has
    one, and ``sides`` uint8 if the source distinguishes the lungs; ``preview`` uint8 ``[h, w, 3]``,
    a picture. An existing case of that name is replaced.

    In a folder, a case is written under a temporary name and renamed. Object stores cannot rename:
    there the attributes are written last, and a group without them does not count as a case.

    Args:
        store: Path or URL; created if missing.
        case: Image, and mask if any.
        source_state: State of the source's files, to detect changes later.

    Returns:
        The attributes as written.
    """
    if is_url(store):
        remove(store, f"{case.name}.zarr")
        try:
            return _write_group(case_path(store, case.name), case, source_state)
        except Exception as error:
            raise unreachable(store, error) from None
    import zarr

    folder = Path(store)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{PART}{case.name}-{uuid.uuid4().hex}"
    try:
        # Writes three times as fast as zarr's own pipeline, but only to folders. Reading uses
        # zarr's: threads of the other would not survive the fork of a data loader's workers.
        with writing(folder), zarr.config.set(ZARRS):
            attributes = _write_group(str(part), case, source_state)
            _replace(part, Path(case_path(store, case.name)))
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return attributes


def _write_group(target: str, case: Case, source_state: str) -> dict[str, Any]:
    import zarr
    from zarr.codecs import BloscCodec

    with ThreadPoolExecutor(1) as pool:
        described = pool.submit(describe, case)
        group = zarr.open_group(target, mode="w", zarr_format=3)
        arrays: dict[str, NDArray[Any] | None] = {"image": case.volume.voxels, "mask": case.mask}
        arrays["sides"] = case.sides
        for name, array in arrays.items():
            if array is None:
                continue
            stored = group.create_array(
                name,
                shape=array.shape,
                dtype=array.dtype,
                chunks=(1, *array.shape[1:]),
                # A third of the time of the default codec, for reading and for writing.
                compressors=BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"),
                # All chunks in one folder; a tree of folders would take longer than the chunks.
                chunk_key_encoding={"name": "default", "separator": "."},
                dimension_names=("z", "y", "x"),
                # A value that never occurs: otherwise empty slices would be omitted, and a lost
                # chunk would look like one.
                fill_value=np.iinfo(array.dtype).min if array.dtype == np.int16 else 255,
            )
            stored[:] = array
        group.create_array("preview", data=preview(case.volume, case.mask, case.sides))
        attributes = described.result() | {"source_state": source_state}
        group.attrs.put(attributes)
    return attributes


def sweep_parts(folder: Path) -> None:
    """Remove half-written cases of killed processes. Call only with the store's lock."""
    with nobody_writing(folder):
        for part in folder.glob(".*"):
            if part.name.startswith(PART):
                shutil.rmtree(part, ignore_errors=True)
            elif ".part" in part.name:
                part.unlink(missing_ok=True)


def _replace(new: Path, target: Path) -> None:
    """Replace a folder by another; the old one is removed after the new one is in place."""
    while True:
        try:
            os.rename(new, target)  # fails if a non-empty folder has the name
            return
        except OSError:
            if not target.exists():
                raise
        old = new.with_suffix(".old")
        try:
            os.rename(target, old)
        except FileNotFoundError:
            continue  # another process has just replaced the same case
        try:
            os.rename(new, target)
        except OSError:
            if not target.exists():
                os.rename(old, target)
                raise
        shutil.rmtree(old)
        return


def open_case(store: Place, case: str) -> zarr.Group:
    """Open one case for reading, from a folder or any fsspec URL.

    Raises:
        DataError: If the store has no such case.
    """
    import zarr

    try:
        return zarr.open_group(case_path(store, case), mode="r")
    except (FileNotFoundError, ValueError):
        raise DataError(f"{case}: not in the store; run lungseg prepare", store) from None
    except Exception as error:
        if not is_url(store):
            raise
        raise unreachable(store, error) from None


def has_mask(attributes: Mapping[str, Any]) -> bool:
    """Whether a case has a mask, by its attributes; in older stores, without the key, all have."""
    return bool(attributes.get("mask", True))


def open_image(store: Place, case: str) -> zarr.Array[Any]:
    """Open ``image`` (int16 HU) of one case, with or without mask, ``[z, y, x]``, for reading.

    Raises:
        DataError: If the store has no such case, or slices of it are missing.
    """
    return _complete(open_case(store, case), "image", store, case)


def open_arrays(store: Place, case: str) -> tuple[zarr.Array[Any], zarr.Array[Any]]:
    """Open ``image`` (int16 HU) and ``mask`` (uint8) of one case, ``[z, y, x]``, for reading.

    Raises:
        DataError: If the store has no such case, slices of it are missing, or it has no mask.
    """
    group = open_case(store, case)
    if not has_mask(group.attrs):
        raise DataError(f"{case}: {NO_MASK}", store)
    return _complete(group, "image", store, case), _complete(group, "mask", store, case)


def _complete(group: zarr.Group, name: str, store: Place, case: str) -> zarr.Array[Any]:
    """An array of a case, after a check that no slice is missing."""
    array: zarr.Array[Any] = group[name]  # type: ignore[assignment]  # groups have no subgroups here
    lost = array.nchunks - array.nchunks_initialized  # zarr would return the fill value for them
    if lost:
        raise DataError(
            f"{case}: {lost} slices are missing in the store; remove it and prepare it again", store
        )
    return array


def open_sides(store: Place, case: str) -> NDArray[np.uint8] | None:
    """Side of each voxel of a case's mask, ``[z, y, x]``, or None if its source gives no sides.

    Raises:
        DataError: If the store has no such case.
    """
    group = open_case(store, case)
    if not group.attrs["sides"]:
        return None
    sides: NDArray[np.uint8] = _complete(group, "sides", store, case)[:]  # type: ignore[assignment]
    return sides


def open_preview(store: Place, case: str) -> NDArray[np.uint8]:
    """The picture of a case, ``[h, w, 3]``.

    Raises:
        DataError: If the store has no such case.
    """
    picture: NDArray[np.uint8] = open_case(store, case)["preview"][:]  # type: ignore
    return picture


def attributes(store: Place, case: str) -> dict[str, Any] | None:
    """Attributes of one case, or None if it is missing or has another format.

    Read directly from the group's file (Zarr 3: ``zarr.json``), in a hundredth of the time of
    opening the group: every training needs this for every case.
    """
    text = read_text(store, f"{case}.zarr/zarr.json")
    try:
        stored: dict[str, Any] = json.loads(text)["attributes"] if text else {}
    except (ValueError, KeyError, TypeError):  # a truncated file in a bucket
        return None
    return stored if stored.get("format") == FORMAT else None


def describe(case: Case) -> dict[str, Any]:
    """Attributes of a case: geometry, hashes, audit, and its part of the cohort's fingerprint."""
    from lungseg.data.anatomy import case_anatomy  # scipy

    voxels, mask = case.volume.voxels, case.mask
    positives = None if mask is None else np.count_nonzero(mask, axis=(1, 2))
    return {
        "format": FORMAT,
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
