"""The store: one Zarr group per case, written atomically."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.data.checked import CheckedArray
from lungseg.data.damaged import damaged, forget_damage
from lungseg.data.description import describe
from lungseg.data.lock import nobody_writing, writing
from lungseg.data.place import (
    Place,
    is_url,
    join,
    read_bytes,
    read_text,
    remove,
    storage_options,
    unreachable,
)
from lungseg.data.preview import preview
from lungseg.data.seal import seal, unseal
from lungseg.errors import DataError

if TYPE_CHECKING:
    import zarr

FORMAT = 3  # of a case's group; cases of another format are prepared again
PART = ".part-"
ZARRS = {"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}
NO_MASK = "has no mask: prepared with data.masks=none, it cannot be trained on or evaluated"
"""Why such a case is refused."""
CHECKSUMS = "checksums"
"""Attribute with a hash of each array's description; cases of older versions have none."""
GROUP = "zarr.json"
"""Describes a group or an array, in its folder."""


def case_path(store: Place, case: str) -> str:
    """Path or URL of one case's group."""
    return join(store, f"{case}.zarr")


def write_case(store: Place, case: Case, source_state: str) -> dict[str, Any]:
    """Write one case atomically.

    Arrays, ``[z, y, x]`` with one chunk per slice: ``image`` int16, ``mask`` uint8 if the case has
    one, and ``sides`` uint8 if the source distinguishes the lungs; ``preview`` uint8 ``[h, w, 3]``,
    a picture. An existing case of that name is replaced. Each chunk has a checksum, and the
    attributes have hashes of themselves and of the arrays' descriptions, by which damage is
    noticed.

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
            attributes = _write_group(case_path(store, case.name), case, source_state)
        except Exception as error:
            raise unreachable(store, error) from None
        forget_damage(store, case.name)
        return attributes
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
    except (OSError, RuntimeError) as error:  # of zarr and of zarrs, as on a full disk
        number = re.search(r"\(os error (\d+)\)", str(error))
        code = error.errno if isinstance(error, OSError) else number and int(number[1])
        if code is None:
            raise
        raise OSError(code, os.strerror(code), case_path(store, case.name)) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    forget_damage(store, case.name)
    return attributes


def _write_group(target: str, case: Case, source_state: str) -> dict[str, Any]:
    import zarr
    from zarr.codecs import BloscCodec, Crc32cCodec

    # A third of the time of the default codec, for reading and for writing; a checksum adds 5 %.
    codecs = [BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"), Crc32cCodec()]
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
                compressors=codecs,
                # All chunks in one folder; a tree of folders would take longer than the chunks.
                chunk_key_encoding={"name": "default", "separator": "."},
                dimension_names=("z", "y", "x"),
                # A value that never occurs: otherwise empty slices would be omitted, and a lost
                # chunk would look like one.
                fill_value=np.iinfo(array.dtype).min if array.dtype == np.int16 else 255,
            )
            stored[:] = array
        picture = preview(case.volume, case.mask, case.sides)
        # Columns between its boxes are black: no chunk is all white and omitted.
        group.create_array("preview", data=picture, compressors=codecs, fill_value=255)
        attributes = {"format": FORMAT} | described.result() | {"source_state": source_state}
        checksums = {name: _checksum(target, name) for name in sorted(group.array_keys())}
        group.attrs.put(seal(attributes | {CHECKSUMS: checksums}))
    return attributes


def _checksum(group: str, array: str) -> str:
    """Hash of an array's description."""
    return hashlib.sha256(read_bytes(group, f"{array}/{GROUP}") or b"").hexdigest()


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
        DataError: If the store has no such case, or its attributes are damaged.
    """
    import zarr

    try:
        options = storage_options(store)
        group = zarr.open_group(
            case_path(store, case), mode="r", zarr_format=3, storage_options=options
        )
        unseal(group.attrs)
        return group
    except FileNotFoundError:
        raise DataError(f"{case}: not in the store; run lungseg prepare", store) from None
    except Exception as error:
        if not is_url(store) and isinstance(error, OSError):
            raise
        if not is_url(store) or read_bytes(store, f"{case}.zarr/{GROUP}") is not None:
            raise damaged(store, case, GROUP) from None
        raise unreachable(store, error) from None


def has_mask(attributes: Mapping[str, Any]) -> bool:
    """Whether a case has a mask, by its attributes; in older stores, without the key, all have."""
    return bool(attributes.get("mask", True))


def open_image(store: Place, case: str) -> CheckedArray:
    """Open ``image`` (int16 HU) of one case, with or without mask, ``[z, y, x]``, for reading.

    Raises:
        DataError: If the store has no such case, or it is damaged or slices of it are missing.
    """
    return _open_array(open_case(store, case), "image", store, case)


def open_arrays(store: Place, case: str) -> tuple[CheckedArray, CheckedArray]:
    """Open ``image`` (int16 HU) and ``mask`` (uint8) of one case, ``[z, y, x]``, for reading.

    Raises:
        DataError: If the store has no such case, it is damaged or slices of it are missing, or it
            has no mask.
    """
    group = open_case(store, case)
    if not has_mask(group.attrs):
        raise DataError(f"{case}: {NO_MASK}", store)
    return _open_array(group, "image", store, case), _open_array(group, "mask", store, case)


def _open_array(group: zarr.Group, name: str, store: Place, case: str) -> CheckedArray:
    checksums: Any = group.attrs.get(CHECKSUMS)
    if checksums is not None and checksums.get(name) != _checksum(case_path(store, case), name):
        raise damaged(store, case, f"{name}/{GROUP}")
    try:
        array: Any = group[name]
    except OSError:
        raise
    except Exception as error:  # of an older store, or of one behind a URL
        if is_url(store) and checksums is not None:
            raise unreachable(store, error) from None
        raise damaged(store, case, f"{name}/{GROUP}") from None
    return CheckedArray(array, store, case)


def open_sides(store: Place, case: str) -> NDArray[np.uint8] | None:
    """Side of each voxel of a case's mask, ``[z, y, x]``, or None if its source gives no sides.

    Raises:
        DataError: If the store has no such case, or it is damaged.
    """
    group = open_case(store, case)
    return _open_array(group, "sides", store, case)[:] if group.attrs["sides"] else None


def open_preview(store: Place, case: str) -> NDArray[np.uint8]:
    """The picture of a case, ``[h, w, 3]``.

    Raises:
        DataError: If the store has no such case, or it is damaged.
    """
    return _open_array(open_case(store, case), "preview", store, case)[:]


def attributes(store: Place, case: str) -> dict[str, Any] | None:
    """Attributes of one case, or None if it is missing, damaged, or has another format.

    Read directly from the group's file (Zarr 3: ``zarr.json``), in a hundredth of the time of
    opening the group: every training needs this for every case.
    """
    text = read_text(store, f"{case}.zarr/{GROUP}")
    try:
        stored = unseal(json.loads(text)["attributes"]) if text else {}
    except (ValueError, KeyError, TypeError, AttributeError):  # no JSON, or not ours
        return None
    stored.pop(CHECKSUMS, None)
    return stored if stored.get("format") == FORMAT else None
