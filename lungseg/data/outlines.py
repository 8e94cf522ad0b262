"""Outlines of patients, found once per case and kept beside the store's cases."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data import store as stores
from lungseg.data.place import Place, read_bytes, write_bytes
from lungseg.errors import DataError

log = logging.getLogger(__name__)

FOLDER = "outlines"
VERSION = 1
"""Of how outlines are found; those of another version are found anew."""


@dataclass(frozen=True)
class Outline:
    """Where the patient is in a scan, packed to an eighth.

    Attributes:
        bits: ``[z, y, ceil(x / 8)]``, uint8.
        width: Pixels along x.
        box: First row, one after the last, and columns likewise, over all slices.
    """

    bits: NDArray[np.uint8]
    width: int
    box: tuple[int, int, int, int]

    @classmethod
    def find(cls, voxels: NDArray[np.int16], spacing_mm: Sequence[float]) -> Outline:
        """The outline in a scan.

        Args:
            voxels: HU ``[z, y, x]``.
            spacing_mm: Distance between voxel centres ``(z, y, x)``.

        Raises:
            DataError: If there is no patient in it.
        """
        from lungseg.data.outline import body_box, patient_outline

        outline = patient_outline(voxels, (spacing_mm[0], spacing_mm[1], spacing_mm[2]))
        return cls(np.packbits(outline, axis=-1), voxels.shape[2], body_box(outline))

    def __getitem__(self, z: int) -> NDArray[np.bool_]:
        """One slice, bool ``[y, x]``."""
        return np.unpackbits(self.bits[z], axis=-1, count=self.width).view(np.bool_)


def outlines_of(
    store: Place, cases: Mapping[str, Mapping[str, Any]], names: Sequence[str]
) -> dict[str, Outline]:
    """Outlines of cases, by name: read, or found and kept.

    Args:
        store: Path or URL.
        cases: Attributes of all cases, by name.
        names: Of the cases that are wanted.

    Raises:
        DataError: If there is no patient in a case.
    """
    outlines = {name: _read(store, _file(name, cases[name])) for name in names}
    missing = [name for name, outline in outlines.items() if outline is None]
    if missing:
        log.info(f"finding the patient's outline in {len(missing)} cases")
    for name in missing:
        voxels = stores.open_image(store, name)[:]
        try:
            outlines[name] = _keep(store, _file(name, cases[name]), voxels, cases[name])
        except DataError as error:
            raise DataError(f"{name}: {error}", store) from None
    return {name: outline for name, outline in outlines.items() if outline is not None}


def _keep(store: Place, file: str, voxels: Any, attributes: Mapping[str, Any]) -> Outline:
    outline = Outline.find(np.asarray(voxels), attributes["spacing_mm"])
    content = io.BytesIO()
    np.savez_compressed(content, bits=outline.bits, width=outline.width, box=outline.box)
    try:
        write_bytes(store, file, content.getvalue())
    except (OSError, DataError):  # of a store that is read only
        log.warning("the patient's outline could not be kept in the store; it is found each time")
    return outline


def _file(name: str, attributes: Mapping[str, Any]) -> str:
    return f"{FOLDER}/{name}-{attributes['content_sha256'][:16]}-{VERSION}.npz"


def _read(store: Place, file: str) -> Outline | None:
    content = read_bytes(store, file)
    if content is None:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.testzip() is not None:  # a part does not match its checksum
                return None
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            top, bottom, left, right = (int(edge) for edge in kept["box"])
            return Outline(kept["bits"], int(kept["width"]), (top, bottom, left, right))
    except Exception:  # damaged bytes surface as errors of every kind; it is found anew
        return None
