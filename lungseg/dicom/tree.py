"""What lies in a folder tree of DICOM files, told by their headers alone."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lungseg.dicom.classes import READ
from lungseg.dicom.parse import PREAMBLE, parse
from lungseg.errors import DataError
from lungseg.findings import Finding

if TYPE_CHECKING:
    from pydicom import Dataset

Kind = Literal["ct", "rtstruct", "seg", "other", "damaged"]

MODALITIES: dict[str, Kind] = {"CT": "ct", "RTSTRUCT": "rtstruct", "SEG": "seg"}
DICOMDIR = "1.2.840.10008.1.3.10"
OVERVIEWS = {"LOCALIZER", "SCOUT", "TOPOGRAM"}
TAGS = (
    *(0x00080008, 0x00080016, 0x00080018, 0x00080060, 0x00100020, 0x0020000D, 0x0020000E),
    *(0x00200052, 0x00280008),
)
# What these tags need stands near the beginning; only where large elements stand before them is
# more looked at.
HEADER_BYTES = (64 << 10, 16 << 20)
META_BYTES = 1024  # the class of a DICOMDIR stands in these


@dataclass(frozen=True)
class DicomFile:
    """A DICOM file as its header tells of it. Kept in memory; none of it is shown or written.

    Attributes:
        path: Where it lies.
        kind: ``ct``, ``rtstruct``, ``seg``; ``other``: plans, doses, localizers, captures, …; or
            ``damaged``: by its mark or name it is one, but its header does not tell what of.
        patient: PatientID.
        study: StudyInstanceUID.
        series: SeriesInstanceUID.
        sop_instance: SOPInstanceUID.
        frame_of_reference: FrameOfReferenceUID.
        n_frames: NumberOfFrames, 1 for a classic image.
    """

    path: Path
    kind: Kind
    patient: str
    study: str
    series: str
    sop_instance: str
    frame_of_reference: str
    n_frames: int = 1


@dataclass(frozen=True)
class Choice:
    """The files of the one series taken, and a finding where there were others."""

    files: list[Path]
    findings: list[Finding]


def scan(folder: Path) -> list[DicomFile]:
    """Find the DICOM files in a tree of folders, whatever their names.

    Files that are no DICOM, and DICOMDIR, are left aside; damaged ones are among those found.
    Links to folders are not followed.

    Returns:
        By path.

    Raises:
        DataError: If there is no such folder.
    """
    if not folder.is_dir():
        raise DataError("no folder with DICOM files", folder)
    paths = sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names)
    logger = logging.getLogger("pydicom")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings(), ThreadPoolExecutor(2) as pool:
            warnings.simplefilter("ignore")
            return [found for found in pool.map(_look, paths) if found is not None]
    finally:
        logger.disabled = before


def by_patient(files: Iterable[DicomFile]) -> dict[str, list[DicomFile]]:
    """Group files by PatientID; where it is empty, by study. Keys are compared, never shown."""
    groups: dict[str, list[DicomFile]] = {}
    for file in files:
        groups.setdefault(file.patient or f"study {file.study}", []).append(file)
    return groups


def choose_series(files: Iterable[DicomFile], rule: str) -> Choice:
    """Choose one CT series.

    Args:
        files: Of any kinds; only CT is looked at.
        rule: ``largest`` (most slices), ``error`` (there may be only one), or a SeriesInstanceUID.

    Raises:
        DataError: If there is no CT series, or the rule does not single one out.
    """
    groups: dict[str, list[DicomFile]] = {}
    for file in files:
        if file.kind == "ct":
            groups.setdefault(file.series, []).append(file)
    if not groups:
        raise DataError("no CT series")
    # The same instance twice in the tree is one slice.
    sizes = {
        uid: sum({file.sop_instance: file.n_frames for file in group}.values())
        for uid, group in groups.items()
    }
    ranked = sorted(sizes, key=lambda uid: -sizes[uid])
    counts = [str(sizes[uid]) for uid in ranked]
    described = f"{len(ranked)} CT series, of {_listed(counts)} slices"
    if rule not in ("largest", "error"):
        if rule not in groups:
            raise DataError(f"{described}, and none has the SeriesInstanceUID in data.series")
        chosen, how = rule, "the one named in data.series was taken"
    elif len(ranked) > 1 and rule == "error":
        raise DataError(
            f"{described}: data.series=largest takes the largest, data.series=UID the one named"
        )
    elif len(ranked) > 1 and sizes[ranked[0]] == sizes[ranked[1]]:
        raise DataError(f"{described}: no one is the largest; name it by data.series=UID")
    else:
        chosen, how = ranked[0], "the largest was taken"
    findings = []
    if len(ranked) > 1:
        # Another series of a like size may well be the one meant.
        close = chosen != rule and 2 * sizes[ranked[1]] >= sizes[chosen]
        severity: Literal["warning", "info"] = "warning" if close else "info"
        findings.append(Finding("series-chosen", severity, f"{described}: {how}"))
    return Choice(sorted(file.path for file in groups[chosen]), findings)


def damaged(files: Iterable[DicomFile]) -> list[Finding]:
    """A finding of severity ``error`` where there are damaged files: slices may be missing."""
    count = sum(file.kind == "damaged" for file in files)
    if not count:
        return []
    text = f"{count} DICOM file(s) are damaged, so that slices or masks may be missing"
    return [Finding("unreadable-file", "error", text)]


def dicom_files(folder: Path) -> list[Path]:
    """The ``.dcm`` files of a folder, by name.

    Raises:
        DataError: If there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataError("no folder with DICOM files", folder)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".dcm")
    if not files:
        raise DataError("the folder holds no DICOM file (*.dcm)", folder)
    return files


def _listed(counts: list[str]) -> str:
    if len(counts) > 6:
        counts = [*counts[:5], f"{len(counts) - 5} smaller ones"]
    return counts[0] if len(counts) == 1 else f"{', '.join(counts[:-1])} and {counts[-1]}"


def _look(path: Path) -> DicomFile | None:
    content = b""
    found = None
    try:
        if not path.is_file():  # a pipe could be waited on for ever
            return None
        for size in HEADER_BYTES:
            with path.open("rb") as stream:
                content = stream.read(size)
            parsed = parse(content, tags=list(TAGS), inflate_at_most=size)
            ds = parsed.dataset
            if ds.get("SeriesInstanceUID") or len(content) < size:
                break
        found = _described(path, ds)
        if found and found.kind in ("ct", "seg") and parsed.start is None and len(content) < size:
            found = None  # it ends before its pixels, perhaps amid the UID of its series
    except Exception:  # damaged, or no DICOM
        found = None
    if found is None and _claims_to_be_dicom(path, content):
        return DicomFile(path, "damaged", "", "", "", "", "")
    return found


def _claims_to_be_dicom(path: Path, content: bytes) -> bool:
    if DICOMDIR.encode() in content[:META_BYTES]:
        return False
    # What macOS lays beside a file on foreign disks bears its ending.
    named = path.suffix.lower() == ".dcm" and not path.name.startswith("._")
    return named or content[PREAMBLE - 4 : PREAMBLE] == b"DICM"


def _described(path: Path, ds: Dataset) -> DicomFile | None:
    """What a header tells; None where it tells no kind, or of no series."""
    from pydicom.uid import UID

    sop_class = str(ds.get("SOPClassUID") or "")
    if sop_class == DICOMDIR or not (sop_class or ds.get("Modality")):
        return None

    def text(keyword: str) -> str:
        return str(ds.get(keyword) or "").strip()

    by_modality: Kind = MODALITIES.get(text("Modality"), "other")
    kind: Kind = READ.get(sop_class, "other") if sop_class else by_modality
    image_type = ds.get("ImageType") or ()
    words = {image_type} if isinstance(image_type, str) else {str(word) for word in image_type}
    if kind == "ct" and words & OVERVIEWS:
        kind = "other"
    if not text("SeriesInstanceUID") and (kind != "other" or UID(sop_class).name == sop_class):
        return None
    return DicomFile(
        path=path,
        kind=kind,
        patient=text("PatientID"),
        study=text("StudyInstanceUID"),
        series=text("SeriesInstanceUID"),
        sop_instance=text("SOPInstanceUID"),
        frame_of_reference=text("FrameOfReferenceUID"),
        n_frames=max(1, int(ds.get("NumberOfFrames") or 1)),
    )
