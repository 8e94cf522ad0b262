"""Position of each slice of a file, and the conversion of its stored values to HU."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.damage import IncompleteError
from lungseg.dicom.layout import Layout, frame_count
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import Parsed
from lungseg.dicom.pixels import pixel_data
from lungseg.dicom.values import malformed, value_of, whole_number
from lungseg.geometry import wrong_spacing

if TYPE_CHECKING:
    from pydicom import Dataset

NEEDED = (
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("Rows", "Columns", "BitsAllocated", "PixelRepresentation"),
)
PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit")
# Keyword of an attribute, and the functional group that contains it in a multi-frame image.
GROUPS = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
}


@dataclass(frozen=True)
class SliceHeader:
    """One slice without its pixels.

    Attributes:
        position: Centre of the first pixel, ``(x, y, z)`` in mm (LPS).
        orientation: ``[2, 3]``, unit vectors along a row, then along a column.
        pixel_spacing: Between rows, then between columns, in mm.
        instance: InstanceNumber, the frame's number in a multi-frame image, or None.
        slope: HU per stored unit, 1 if not given.
        intercept: HU of a stored 0, 0 if not given.
        rescaled: Whether slope and intercept were given.
        units: RescaleType, upper case, or empty.
        layout: Storage of its pixels.
        surplus: Whether the file's pixel data are longer than its size requires.
        malformed: Keywords of optional attributes that are not numbers.
    """

    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    pixel_spacing: tuple[float, float]
    instance: int | None
    slope: float
    intercept: float
    rescaled: bool
    units: str
    layout: Layout | None = None
    surplus: bool = False
    malformed: frozenset[str] = frozenset()


def slice_headers(parsed: Parsed) -> list[SliceHeader]:
    """The header of each frame of a file; one for a classic CT image.

    Raises:
        IncompleteError: If attributes are missing, with their keywords.
        RefusedError: If an attribute is malformed.
    """
    ds = parsed.dataset
    unread: set[str] = set()
    if "PerFrameFunctionalGroupsSequence" in ds:
        frames = ds.PerFrameFunctionalGroupsSequence
        if len(frames) != frame_count(ds):
            raise RefusedError("per-frame functional groups do not fit NumberOfFrames")
        shared = value_of(ds, "SharedFunctionalGroupsSequence") or [None]
        frame_values = [_frame_values(ds, frame, shared[0]) for frame in frames]
        headers = [_slice_header(values, k + 1) for k, values in enumerate(frame_values)]
    else:
        if frame_count(ds) != 1:
            raise IncompleteError("PerFrameFunctionalGroupsSequence")
        values = {keyword: value_of(ds, keyword) for keyword in dict.fromkeys((*NEEDED, *GROUPS))}
        headers = [_slice_header(values, _optional(ds, "InstanceNumber", unread))]
    for keyword in PADDING:
        _optional(ds, keyword, unread)
    pixels = pixel_data(parsed)
    return [
        replace(
            header,
            layout=pixels.layout,
            surplus=pixels.surplus > 0,
            malformed=frozenset(unread),
        )
        for header in headers
    ]


def padding_range(ds: Dataset) -> tuple[int, int] | None:
    """Lowest and highest stored value declared by PixelPaddingValue and its range limit."""
    # Writers often give these the wrong sign, so they are interpreted like the pixels.
    declared = (_optional(ds, keyword, set()) for keyword in PADDING)
    values = [_as_stored(ds, value) for value in declared if value is not None]
    return (min(values), max(values)) if values else None


def _optional(ds: Dataset, keyword: str, unread: set[str]) -> int | None:
    """An optional whole number; the keyword of a malformed one is added to ``unread``."""
    try:
        return whole_number(ds, keyword)
    except RefusedError:
        unread.add(keyword)
        return None


def _as_stored(ds: Dataset, number: int) -> int:
    bits = int(value_of(ds, "BitsAllocated"))
    number %= 1 << bits
    signed = int(value_of(ds, "PixelRepresentation")) and number >> (bits - 1)
    return number - (1 << bits) if signed else number


def _frame_values(ds: Dataset, frame: Any, shared: Any) -> dict[str, Any]:
    values = {keyword: value_of(ds, keyword) for keyword in NEEDED}
    for keyword, group in GROUPS.items():
        items = frame.get(group) or (shared.get(group) if shared is not None else None)
        values[keyword] = value_of(items[0], keyword) if items else None
    return values


def _slice_header(values: dict[str, Any], instance: int | None) -> SliceHeader:
    missing = [keyword for keyword in NEEDED if values[keyword] in (None, "")]
    if missing:
        raise IncompleteError(", ".join(missing))
    slope, intercept = values["RescaleSlope"], values["RescaleIntercept"]
    rescaled = slope not in (None, "") and intercept not in (None, "")
    spacing = _numbers(values, "PixelSpacing", 2)
    header = SliceHeader(
        position=_numbers(values, "ImagePositionPatient", 3),
        orientation=_numbers(values, "ImageOrientationPatient", 6).reshape(2, 3),
        pixel_spacing=(float(spacing[0]), float(spacing[1])),
        instance=instance,
        slope=float(_numbers(values, "RescaleSlope", 1)[0]) if rescaled else 1.0,
        intercept=float(_numbers(values, "RescaleIntercept", 1)[0]) if rescaled else 0.0,
        rescaled=rescaled,
        units=str(values["RescaleType"] or "").strip().upper(),
    )
    _check(header)
    return header


def _numbers(values: dict[str, Any], keyword: str, count: int) -> NDArray[np.float64]:
    try:
        numbers = np.atleast_1d(np.array(values[keyword], dtype=np.float64))
    except (TypeError, ValueError):
        raise malformed(keyword) from None
    if numbers.shape != (count,):
        raise malformed(keyword)
    return numbers


def _check(header: SliceHeader) -> None:
    if not all(abs(coordinate) < 1e6 for coordinate in header.position.tolist()):
        raise RefusedError("ImagePositionPatient is not a position in mm")
    (a, b, c), (d, e, f) = header.orientation.tolist()
    products = (a * a + b * b + c * c - 1, d * d + e * e + f * f - 1, a * d + b * e + c * f)
    if not all(abs(product) < 0.01 for product in products):
        raise RefusedError("ImageOrientationPatient is not a pair of perpendicular unit vectors")
    if wrong := wrong_spacing(header.pixel_spacing):
        raise RefusedError(wrong)
    if not (math.isfinite(header.intercept) and math.isfinite(header.slope) and header.slope):
        raise RefusedError("RescaleSlope and RescaleIntercept are not usable numbers")
