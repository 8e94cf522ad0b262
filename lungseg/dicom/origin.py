"""What an object derived from a CT series takes from the series: its patient, study and slices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.classes import PLAIN_CT
from lungseg.dicom.damage import quiet, reporting_damage
from lungseg.dicom.header_text import text_in, valid_text
from lungseg.dicom.parse import parse, read_bytes
from lungseg.dicom.slices import SliceHeader, slice_headers
from lungseg.dicom.uids import derived_uid
from lungseg.dicom.values import value_of
from lungseg.errors import DataError

if TYPE_CHECKING:
    from pydicom import Dataset

# Attributes of the patient and the study that every object of the study repeats. Those in NEEDED
# are written even if the source has none (type 2).
NEEDED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
)
OPTIONAL = (
    *("IssuerOfPatientID", "PatientBirthTime", "EthnicGroup", "PatientComments"),
    *("PatientIdentityRemoved", "DeidentificationMethod", "StudyDescription", "PatientAge"),
    *("PatientSize", "PatientWeight", "LongitudinalTemporalInformationModified"),
    "TimezoneOffsetFromUTC",
)
# Of images; a mask of a lossily compressed image has to say so.
LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
UID = r"[0-9.]{1,64}"
UNKNOWN_DATE = "19000101"


@dataclass(frozen=True)
class Slice:
    """A slice of the series.

    Attributes:
        sop_class: SOPClassUID of its file.
        instance: SOPInstanceUID of its file.
        frame: Number of the frame from 1 in a multi-frame image, None in a classic one.
        position: Centre of its first pixel, ``(x, y, z)`` in mm (LPS).
    """

    sop_class: str
    instance: str
    frame: int | None
    position: NDArray[np.float64]


@dataclass(frozen=True)
class Origin:
    """A CT series, as objects derived from it need it. In memory only.

    Attributes:
        attributes: Of patient and study, text by keyword, each in a form that the standard allows.
        lossy: Attributes that tell of lossy compression, likewise.
        deidentification: Items of DeidentificationMethodCodeSequence: value, scheme, meaning.
        study: StudyInstanceUID.
        series: SeriesInstanceUID.
        number: SeriesNumber, 0 if there is none.
        frame_of_reference: FrameOfReferenceUID; one derived from the series if there is none.
        position_reference: PositionReferenceIndicator.
        date: Date of the scan, ``YYYYMMDD``; `UNKNOWN_DATE` if it has none.
        time: Time of the scan, ``HHMMSS``.
        slices: In the order in which they are stored in the volume.
        orientation: ``[2, 3]``, unit vectors along a row, then along a column.
        pixel_spacing: Between rows, then between columns, in mm.
        spacing: Mean distance between slices, in mm.
    """

    attributes: dict[str, str]
    lossy: dict[str, str]
    deidentification: list[tuple[str, str, str]]
    study: str
    series: str
    number: int
    frame_of_reference: str
    position_reference: str
    date: str
    time: str
    slices: tuple[Slice, ...]
    orientation: NDArray[np.float64]
    pixel_spacing: tuple[float, float]
    spacing: float


def read_origin(instances: Sequence[tuple[Path, int]]) -> Origin:
    """Read the headers of a series.

    Args:
        instances: File and number of the frame (from 1) of each slice, at least two, in order
            along the normal of the image plane.

    Raises:
        DataError: If a file is damaged, or has no UID by which to refer to it.
    """
    contents: dict[Path, tuple[Dataset, list[SliceHeader]]] = {}
    slices = []
    with quiet():
        for path, frame in instances:
            if path not in contents:
                with reporting_damage(path, "a DICOM file"):
                    parsed = parse(read_bytes(path))
                    contents[path] = parsed.dataset, slice_headers(parsed)
            ds, headers = contents[path]
            slices.append(
                Slice(
                    sop_class=text_in(ds, "SOPClassUID") or PLAIN_CT,
                    instance=_uid(ds, "SOPInstanceUID", path),
                    frame=frame if "PerFrameFunctionalGroupsSequence" in ds else None,
                    position=headers[frame - 1].position,
                )
            )
        first, number = instances[0]
        ds, headers = contents[first]
        header = headers[number - 1]
        normal = np.cross(*header.orientation)
        extent = abs(float((slices[-1].position - slices[0].position) @ normal))
        series = _uid(ds, "SeriesInstanceUID", first)
        day, time = _when(ds)
        return Origin(
            attributes={keyword: valid_text(ds, keyword, keep_long=True) for keyword in NEEDED}
            | _filled(ds, OPTIONAL),
            lossy=_filled(ds, LOSSY),
            deidentification=_deidentification(ds),
            study=_uid(ds, "StudyInstanceUID", first),
            series=series,
            number=_number(ds),
            frame_of_reference=_frame_of_reference(ds, series),
            position_reference=valid_text(ds, "PositionReferenceIndicator"),
            date=day,
            time=time,
            slices=tuple(slices),
            orientation=header.orientation,
            pixel_spacing=header.pixel_spacing,
            spacing=extent / (len(slices) - 1),
        )


def _filled(ds: Dataset, keywords: Sequence[str]) -> dict[str, str]:
    return {keyword: text for keyword in keywords if (text := valid_text(ds, keyword))}


def _uid(ds: Dataset, keyword: str, path: Path) -> str:
    text = text_in(ds, keyword)
    if not re.fullmatch(UID, text):
        what = "malformed" if text else "missing"
        raise DataError(
            f"{keyword} is {what}, so that no DICOM object can refer to the scan; write NIfTI or"
            " NRRD",
            path,
        )
    return text


def _frame_of_reference(ds: Dataset, series: str) -> str:
    text = text_in(ds, "FrameOfReferenceUID")
    return text if re.fullmatch(UID, text) else derived_uid("frame of reference", series)


def _number(ds: Dataset) -> int:
    text = text_in(ds, "SeriesNumber")
    return int(text) if re.fullmatch(r"\d{1,6}", text) else 0


def _when(ds: Dataset) -> tuple[str, str]:
    for what in ("Content", "Acquisition", "Series", "Study"):
        if day := valid_text(ds, f"{what}Date"):
            return day, valid_text(ds, f"{what}Time") or "000000"
    return UNKNOWN_DATE, "000000"


def _deidentification(ds: Dataset) -> list[tuple[str, str, str]]:
    try:
        items = value_of(ds, "DeidentificationMethodCodeSequence") or []
    except ValueError:
        return []
    keywords = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
    codes = [tuple(text_in(item, keyword) for keyword in keywords) for item in items]
    return [(a, b, c) for a, b, c in codes if a and b and c]
