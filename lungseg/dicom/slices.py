"""Where each slice of a file lies, and how its stored values become HU."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.layout import Layout
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.parse import Parsed
from lungseg.dicom.pixels import frame_count, pixel_data
from lungseg.dicom.values import malformed, value_of, whole_number
from lungseg.geometry import wrong_spacing

if TYPE_CHECKING:
    from pydicom import Dataset

NEEDED = (
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("Rows", "Columns", "BitsAllocated", "PixelRepresentation"),
)
PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit")
# Keyword of an attribute, and the functional group that holds it in a multi-frame image.
GROUPS = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
}


class IncompleteError(ValueError):
    """A file lacks attributes without which its slices have no place."""


@dataclass(frozen=True)
class Place:
    """One slice without its pixels.

    Attributes:
        position: Centre of the first pixel, ``(x, y, z)`` in mm (LPS).
        orientation: ``[2, 3]``, unit vectors along a row, then along a column.
        pixel_spacing: Between rows, then between columns, in mm.
        instance: InstanceNumber, the frame's number in a multi-frame image, or None.
        slope: HU per stored unit, 1 where it is not told.
        intercept: HU of a stored 0, 0 where it is not told.
        rescaled: Whether slope and intercept were told.
        units: RescaleType, upper case, or empty.
        layout: How its pixels are stored.
        surplus: Whether the file's pixel data are longer than its size asks for.
        malformed: Keywords of attributes that are not numbers, and that a volume can do without.
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


def places(parsed: Parsed) -> list[Place]:
    """The place of each frame of a file; one for a classic CT image.

    Raises:
        IncompleteError: If attributes are missing, with their keywords.
        RefusedError: If one holds what it cannot.
    """
    ds = parsed.dataset
    unread: set[str] = set()
    if "PerFrameFunctionalGroupsSequence" in ds:
        frames = ds.PerFrameFunctionalGroupsSequence
        if len(frames) != frame_count(parsed):
            raise RefusedError("per-frame functional groups do not fit NumberOfFrames")
        shared = value_of(ds, "SharedFunctionalGroupsSequence") or [None]
        headers = [_frame_header(ds, frame, shared[0]) for frame in frames]
        made = [_place(header, k + 1) for k, header in enumerate(headers)]
    else:
        if frame_count(parsed) != 1:
            raise IncompleteError("PerFrameFunctionalGroupsSequence")
        header = {keyword: value_of(ds, keyword) for keyword in dict.fromkeys((*NEEDED, *GROUPS))}
        made = [_place(header, _optional(ds, "InstanceNumber", unread))]
    for keyword in PADDING:
        _optional(ds, keyword, unread)
    pixels = pixel_data(parsed)
    return [
        replace(
            place,
            layout=pixels.layout,
            surplus=pixels.surplus > 0,
            malformed=frozenset(unread),
        )
        for place in made
    ]


def padding_range(ds: Dataset) -> tuple[int, int] | None:
    """Lowest and highest stored value that PixelPaddingValue and its range limit declare."""
    # Writers give these the wrong sign often enough to look at them as the pixels are read.
    told = (_optional(ds, keyword, set()) for keyword in PADDING)
    values = [_as_stored(ds, value) for value in told if value is not None]
    return (min(values), max(values)) if values else None


def _optional(ds: Dataset, keyword: str, unread: set[str]) -> int | None:
    """A whole number that a volume can do without; what is not one is added to ``unread``."""
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


def _frame_header(ds: Dataset, frame: Any, shared: Any) -> dict[str, Any]:
    header = {keyword: value_of(ds, keyword) for keyword in NEEDED}
    for keyword, group in GROUPS.items():
        items = frame.get(group) or (shared.get(group) if shared is not None else None)
        header[keyword] = value_of(items[0], keyword) if items else None
    return header


def _place(header: dict[str, Any], instance: int | None) -> Place:
    missing = [keyword for keyword in NEEDED if header[keyword] in (None, "")]
    if missing:
        raise IncompleteError(", ".join(missing))
    slope, intercept = header["RescaleSlope"], header["RescaleIntercept"]
    rescaled = slope not in (None, "") and intercept not in (None, "")
    spacing = _numbers(header, "PixelSpacing", 2)
    place = Place(
        position=_numbers(header, "ImagePositionPatient", 3),
        orientation=_numbers(header, "ImageOrientationPatient", 6).reshape(2, 3),
        pixel_spacing=(float(spacing[0]), float(spacing[1])),
        instance=instance,
        slope=float(_numbers(header, "RescaleSlope", 1)[0]) if rescaled else 1.0,
        intercept=float(_numbers(header, "RescaleIntercept", 1)[0]) if rescaled else 0.0,
        rescaled=rescaled,
        units=str(header["RescaleType"] or "").strip().upper(),
    )
    _check(place)
    return place


def _numbers(header: dict[str, Any], keyword: str, count: int) -> NDArray[np.float64]:
    try:
        numbers = np.atleast_1d(np.array(header[keyword], dtype=np.float64))
    except (TypeError, ValueError):
        raise malformed(keyword) from None
    if numbers.shape != (count,):
        raise malformed(keyword)
    return numbers


def _check(place: Place) -> None:
    if not all(abs(coordinate) < 1e6 for coordinate in place.position.tolist()):
        raise RefusedError("ImagePositionPatient is no place in mm")
    (a, b, c), (d, e, f) = place.orientation.tolist()
    products = (a * a + b * b + c * c - 1, d * d + e * e + f * f - 1, a * d + b * e + c * f)
    if not all(abs(product) < 0.01 for product in products):
        raise RefusedError("ImageOrientationPatient is no pair of perpendicular unit vectors")
    if wrong := wrong_spacing(place.pixel_spacing):
        raise RefusedError(wrong)
    if not (math.isfinite(place.intercept) and math.isfinite(place.slope) and place.slope):
        raise RefusedError("RescaleSlope and RescaleIntercept are no numbers to rescale with")
