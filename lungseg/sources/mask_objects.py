"""RTSTRUCT and DICOM-SEG files of a case: which belong to its images, and their dates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from lungseg.dicom.head import read_head
from lungseg.dicom.header import identifiers
from lungseg.dicom.parse import parse, read_bytes
from lungseg.dicom.series import CtSeries
from lungseg.errors import DataError
from lungseg.files import sha256_of
from lungseg.findings import Finding


class MaskObject(Protocol):
    """References of an RTSTRUCT or DICOM-SEG to its images."""

    @property
    def frame_of_reference(self) -> str:
        """FrameOfReferenceUID."""

    @property
    def series(self) -> frozenset[str]:
        """SeriesInstanceUIDs of the images referred to."""


T = TypeVar("T", bound=MaskObject)


def once(files: Sequence[Path], what: str) -> tuple[list[Path], list[Finding]]:
    """Drop files that are byte-for-byte copies of others.

    Args:
        files: Mask files.
        what: What to call the files.
    """
    by_content = {sha256_of(path): path for path in reversed(files)}
    twice = len(files) - len(by_content)
    if not twice:
        return list(files), []
    text = f"{twice} {what}(s) are exact copies of others; one of each was used"
    return [*by_content.values()], [Finding("duplicate-file", "info", text)]


def date_of(path: Path) -> str:
    """Date and time of an object's content, in sortable form; empty if not given."""
    return age_of(path)[0]


def age_of(path: Path) -> tuple[str, str]:
    """Sort key of objects by the date of their content; undated ones first, by UID."""
    head = read_head(path)
    if head is None:
        return "", ""
    dates = ("StructureSetDate", "StructureSetTime", "ContentDate", "ContentTime")
    return "".join(head[keyword] for keyword in dates), head["SOPInstanceUID"]


def identifiers_of(path: Path) -> set[str]:
    """Keywords of non-empty attributes of a readable file that may identify someone."""
    return identifiers(parse(read_bytes(path)).dataset, nested=True)


def referring(
    objects: Sequence[tuple[Path, T]], series: CtSeries, what: str
) -> tuple[list[tuple[Path, T]], list[Finding]]:
    """Objects that refer to a series, or else share its frame of reference.

    Raises:
        DataError: If there are none.
    """
    naming = [(path, item) for path, item in objects if series.series in item.series]
    if naming:
        return naming, []
    frame = series.frame_of_reference
    sharing = [(path, item) for path, item in objects if frame and item.frame_of_reference == frame]
    if sharing:
        text = f"the {what} does not refer to the CT series; used because both share one frame"
        return sharing, [Finding("mask-reference", "warning", text)]
    if not frame and not series.series and len(objects) == 1:
        text = (
            f"the images have neither SeriesInstanceUID nor FrameOfReferenceUID; the {what} was"
            " used because it is the only one"
        )
        return [*objects], [Finding("mask-reference", "warning", text)]
    first = objects[0][1]
    if len(objects) == 1 and not first.series and not first.frame_of_reference:
        text = f"the {what} refers to no series and no frame; used because it is the only one"
        return [*objects], [Finding("mask-reference", "warning", text)]
    raise DataError(
        f"no {what} refers to the chosen CT series ({len(objects)} refer elsewhere): is another"
        " series meant (data.series=<SeriesInstanceUID>)?",
        objects[0][0],
    )
