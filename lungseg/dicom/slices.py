"""One DICOM file read as one CT slice."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError

if TYPE_CHECKING:
    import pydicom

AIR_HU = -1024  # the lowest value of a 12-bit CT; padding outside the scan circle lies below it

NEEDED = (
    "Modality",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "RescaleSlope",
    "RescaleIntercept",
    "PixelData",
)


@dataclass(frozen=True)
class CtSlice:
    """One slice: its pixels, its place and what the series is told by.

    Attributes:
        hu: int16 ``[rows, columns]``, clipped below at -1024.
        position: Centre of the first pixel, ``(x, y, z)`` in mm (LPS).
        orientation: Two unit vectors: along a row, then along a column.
        pixel_spacing: Between rows, then between columns, in mm.
        instance: InstanceNumber, or None.
        series: SeriesInstanceUID; compared, never shown.
        header: What the cohort's fingerprint keeps: ``sex``, ``scanner``, ``synthetic``.
        identifiers: Keywords of filled-in attributes that name the patient or a date of birth,
            unless the file says that identity was removed (0012,0062).
        padded: Whether values below -1024 HU were clipped.
    """

    hu: NDArray[np.int16]
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    pixel_spacing: tuple[float, float]
    instance: int | None
    series: str
    header: dict[str, str | bool]
    identifiers: tuple[str, ...]
    padded: bool


def read_slice(content: bytes, path: Path) -> CtSlice:
    """Parse one CT file.

    Args:
        content: The file's bytes.
        path: Where they came from, for the error's sake.

    Raises:
        DataError: If the bytes are no complete CT image.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        # What pydicom warns of here is either checked below or of no consequence for the pixels.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(content))
            modality = dataset.get("Modality")
            if modality not in (None, "", "CT"):
                raise DataError(f"a file is not a CT image but {modality}", path)
            missing = [keyword for keyword in NEEDED if dataset.get(keyword) in (None, "")]
            if missing:
                raise DataError(f"a file is truncated or incomplete: no {', '.join(missing)}", path)
            return _slice(dataset)
    except DataError:
        raise
    except InvalidDicomError:
        raise DataError("a file is not DICOM", path) from None
    except Exception as error:  # damaged bytes surface in pydicom as errors of every kind
        raise DataError(
            f"a DICOM file is truncated or damaged ({type(error).__name__})", path
        ) from None


def _slice(dataset: pydicom.Dataset) -> CtSlice:
    pixels = dataset.pixel_array
    if pixels.ndim != 2:
        raise ValueError("not a single grey-scale slice")
    hu, padded = _to_hu(pixels, float(dataset.RescaleSlope), float(dataset.RescaleIntercept))
    instance = dataset.get("InstanceNumber")
    # Keyword SyntheticData, by tag: dictionaries older than the attribute do not know the word.
    synthetic = dataset.get((0x0008, 0x001C))
    scanner = f"{dataset.get('Manufacturer', '')} {dataset.get('ManufacturerModelName', '')}"
    return CtSlice(
        hu=hu,
        position=np.array(dataset.ImagePositionPatient, dtype=np.float64),
        orientation=np.array(dataset.ImageOrientationPatient, dtype=np.float64).reshape(2, 3),
        pixel_spacing=(float(dataset.PixelSpacing[0]), float(dataset.PixelSpacing[1])),
        instance=None if instance in (None, "") else int(instance),
        series=str(dataset.get("SeriesInstanceUID", "")),
        header={
            "sex": str(dataset.get("PatientSex", "") or ""),
            "scanner": scanner.strip(),
            "synthetic": synthetic is not None and synthetic.value == "YES",
        },
        identifiers=_identifiers(dataset),
        padded=padded,
    )


def _identifiers(dataset: pydicom.Dataset) -> tuple[str, ...]:
    if dataset.get("PatientIdentityRemoved") == "YES":
        return ()
    return tuple(
        keyword
        for keyword in ("PatientName", "PatientBirthDate")
        if str(dataset.get(keyword, "") or "").strip("^ ")
    )


def _to_hu(pixels: NDArray[Any], slope: float, intercept: float) -> tuple[NDArray[np.int16], bool]:
    """Stored values to HU: ``slope * value + intercept``, rounded, clipped to [-1024, 32767]."""
    if slope == 1 and intercept.is_integer():
        hu = pixels.astype(np.int32) + int(intercept)
    else:
        hu = np.rint(pixels * slope + intercept).astype(np.int32)
    padded = bool(hu.min() < AIR_HU)
    return np.clip(hu, AIR_HU, np.iinfo(np.int16).max).astype(np.int16), padded
