"""RTSTRUCT and DICOM-SEG files of a case: which belong to its images, and how old they are."""

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
    """What tells the images that an RTSTRUCT or DICOM-SEG belongs to."""

    @property
    def frame_of_reference(self) -> str:
        """FrameOfReferenceUID."""

    @property
    def series(self) -> frozenset[str]:
        """SeriesInstanceUIDs of the images referred to."""


T = TypeVar("T", bound=MaskObject)


def once(files: Sequence[Path], what: str) -> tuple[list[Path], list[Finding]]:
    """Each file once, where some are there again, byte for byte.

    Args:
        files: With masks.
        what: Kind of the files.
    """
    by_content = {sha256_of(path): path for path in reversed(files)}
    twice = len(files) - len(by_content)
    if not twice:
        return list(files), []
    text = f"{twice} {what}(s) there twice, byte for byte; one kept of each"
    return [*by_content.values()], [Finding("duplicate-file", "info", text)]


def date_of(path: Path) -> str:
    """When an object's content was made, in a form that sorts; empty where it does not say."""
    return age_of(path)[0]


def age_of(path: Path) -> tuple[str, str]:
    """Sorts objects by when their content was made; undated ones first, by UID."""
    head = read_head(path)
    if head is None:
        return "", ""
    dates = ("StructureSetDate", "StructureSetTime", "ContentDate", "ContentTime")
    return "".join(head[keyword] for keyword in dates), head["SOPInstanceUID"]


def identifiers_of(path: Path) -> set[str]:
    """Keywords of filled-in attributes that may name someone, of a file that could be read."""
    return identifiers(parse(read_bytes(path)).dataset, nested=True)


def referring(
    objects: Sequence[tuple[Path, T]], series: CtSeries, what: str
) -> tuple[list[tuple[Path, T]], list[Finding]]:
    """Objects that belong to a series: they name it, or else share its frame of reference.

    Raises:
        DataError: If there is none.
    """
    naming = [one for one in objects if series.series in one[1].series]
    if naming:
        return naming, []
    frame = series.frame_of_reference
    sharing = [one for one in objects if frame and one[1].frame_of_reference == frame]
    if sharing:
        text = f"the {what} does not name the CT series; taken because both share one frame"
        return sharing, [Finding("mask-reference", "warning", text)]
    if not frame and not series.series and len(objects) == 1:
        text = (
            f"the images have neither SeriesInstanceUID nor FrameOfReferenceUID; the {what} was"
            " taken because there is no other"
        )
        return [*objects], [Finding("mask-reference", "warning", text)]
    told = objects[0][1]
    if len(objects) == 1 and not told.series and not told.frame_of_reference:
        text = f"the {what} names neither series nor frame; taken because there is no other"
        return [*objects], [Finding("mask-reference", "warning", text)]
    raise DataError(
        f"no {what} refers to the chosen CT series ({len(objects)} refer elsewhere): is another"
        " series meant (data.series=<SeriesInstanceUID>)?",
        objects[0][0],
    )
