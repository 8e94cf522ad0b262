"""Source: folders of CT slices with one npz mask a case, as in the report's copy of LCTSC."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.align import align
from lungseg.data.case import Case
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError


class LctscFolder:
    """Cases laid out as ``Images/<case>/*.dcm`` and ``Segmentations/<case>_seg.npz``.

    The npz holds ``masks``: 0 or 1, ``[z, y, x]``, its axes in unknown directions.

    Args:
        root: Folder that holds ``Images`` and ``Segmentations``.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def cases(self) -> list[str]:
        """Names of the cases, in natural order (``Case_2`` before ``Case_10``).

        Raises:
            DataError: If there are none, or an image folder and a mask do not pair up.
        """
        with _about("data.root"):
            return self._cases()

    def _cases(self) -> list[str]:
        images = self.root / "Images"
        if not images.is_dir():
            raise DataError("no folder Images/ with a folder for each case", self.root)
        names = {folder.name for folder in images.iterdir() if folder.is_dir()}
        if not names:
            raise DataError("Images/ holds no folder: one for each case is expected", images)
        masks = {
            file.name.removesuffix("_seg.npz")
            for file in (self.root / "Segmentations").glob("*_seg.npz")
        }
        for missing, what in (
            (names - masks, "no mask: Segmentations/{}_seg.npz is missing"),
            (masks - names, "no images: folder Images/{} is missing"),
        ):
            if missing:
                first = sorted(missing)[0]
                more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
                raise DataError(f"{first}{more}: {what.format(first)}", self.root)
        return sorted(names, key=_natural)

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        lines = []
        with _about(case):
            for file in [*dicom_files(self.root / "Images" / case), self._mask_file(case)]:
                stat = file.stat()
                lines.append(f"{file.name} {stat.st_size} {stat.st_mtime_ns}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def patient(self, case: str) -> str:
        """PatientID in the first file of the case that tells it, or nothing."""
        import pydicom

        for file in dicom_files(self.root / "Images" / case)[:1]:
            with suppress(Exception):  # a damaged file is told of when the case is read
                header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["PatientID"])
                return str(header.get("PatientID", "") or "")
        return ""

    def read(self, case: str) -> Case:
        """Read one case, its mask aligned with its image.

        Raises:
            DataError: If files are damaged or missing, or image and mask do not belong together.
        """
        mask_file = self._mask_file(case)
        with _about(case):
            content = mask_file.read_bytes()
            stored = _read_mask(content, mask_file)
            series = read_series(dicom_files(self.root / "Images" / case))
            try:
                mask, alignment = align(series.volume, stored)
            except ValueError as error:
                raise DataError(str(error), mask_file) from None
        digest = hashlib.sha256(series.sha256.encode() + hashlib.sha256(content).digest())
        return Case(
            name=case,
            volume=series.volume,
            mask=mask,
            header=series.header,
            audit={
                "findings": [one.to_dict() for one in series.findings],
                "alignment": alignment.to_dict(),
            },
            source_sha256=digest.hexdigest(),
        )

    def _mask_file(self, case: str) -> Path:
        return self.root / "Segmentations" / f"{case}_seg.npz"


@contextmanager
def _about(what: str) -> Iterator[None]:
    """Let errors say which case they are about, and the system's keep their paths to the screen."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{what}: {error}", error.path) from error
    except OSError as error:
        raise DataError(f"{what}: {error.strerror or 'unreadable'}", error.filename) from None


def _read_mask(content: bytes, file: Path) -> NDArray[np.uint8]:
    try:
        with np.load(io.BytesIO(content)) as arrays:
            if "masks" not in arrays:
                raise DataError(f"the mask file has no array 'masks' but {sorted(arrays)}", file)
            mask: NDArray[Any] = arrays["masks"]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):
        raise DataError("the mask file is damaged or no npz file", file) from None
    if mask.ndim != 3 or not ((mask == 0) | (mask == 1)).all():
        raise DataError(
            f"the mask must be [z, y, x] of 0 and 1, got {mask.ndim} axes and values from"
            f" {mask.min()} to {mask.max()}",
            file,
        )
    return mask.astype(np.uint8)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key that reads runs of digits as numbers."""
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
