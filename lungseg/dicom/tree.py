"""The DICOM files in a folder tree, described by their headers alone."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lungseg.dicom.classes import DICOMDIR, MODALITIES, READ, Kind
from lungseg.dicom.head import Head, read_head
from lungseg.dicom.limits import RefusedError
from lungseg.dicom.start import FIRST_BYTES, NotDicomError, marked
from lungseg.dicom.walk import BrokenError
from lungseg.errors import DataError
from lungseg.findings import Finding

OVERVIEWS = {"LOCALIZER", "SCOUT", "TOPOGRAM"}
STANDARD_CLASSES = "1.2.840.10008."


@dataclass(frozen=True)
class DicomFile:
    """A DICOM file as described by its header. Kept in memory; never shown or written.

    Attributes:
        name: Its path as text, since creating tens of thousands of path objects is slow.
        kind: ``ct``, ``rtstruct``, ``seg``; ``other``: plans, doses, localizers, captures, …; or
            ``damaged``: it is DICOM by its mark or name, but its header cannot be read.
        head: The header's values, None for a damaged file.
        reason: What is wrong with a damaged file.
        n_frames: NumberOfFrames, 1 for a classic image.
    """

    name: str
    kind: Kind | Literal["damaged"]
    head: Head | None = None
    reason: str = ""
    n_frames: int = 1

    @property
    def path(self) -> Path:
        """Its path."""
        return Path(self.name)

    @property
    def patient(self) -> str:
        """PatientID."""
        return self.head["PatientID"] if self.head else ""

    @property
    def study(self) -> str:
        """StudyInstanceUID."""
        return self.head["StudyInstanceUID"] if self.head else ""

    @property
    def series(self) -> str:
        """SeriesInstanceUID; files without one form a series by study and folder."""
        if self.head is None:
            return ""
        return self.head["SeriesInstanceUID"] or f"{self.study} in {os.path.dirname(self.name)}"

    @property
    def sop_instance(self) -> str:
        """SOPInstanceUID."""
        return self.head["SOPInstanceUID"] if self.head else ""


@dataclass(frozen=True)
class Choice:
    """The files of the chosen series, and a finding if there were others."""

    files: list[Path]
    findings: list[Finding]


def scan(folder: Path) -> list[DicomFile]:
    """Find the DICOM files in a tree of folders, regardless of their names.

    Files that are not DICOM, and DICOMDIR, are ignored; damaged files are included. Links to
    folders are not followed.

    Returns:
        Files sorted by path.

    Raises:
        DataError: If there is no such folder.
    """
    if not folder.is_dir():
        raise DataError("no folder with DICOM files", folder)
    paths = sorted(os.path.join(top, name) for top, _, names in os.walk(folder) for name in names)
    return [file for file in map(look, paths) if file is not None]


def choose_series(files: Iterable[DicomFile], rule: str) -> Choice:
    """Choose one CT series.

    Args:
        files: Of any kind; only CT is considered.
        rule: ``largest`` (most slices), ``error`` (only one is allowed), or a SeriesInstanceUID.

    Raises:
        DataError: If there is no CT series, or the rule does not select exactly one.
    """
    files = list(files)
    groups: dict[str, list[DicomFile]] = {}
    for file in files:
        if file.kind == "ct":
            groups.setdefault(file.series, []).append(file)
    if not groups:
        unread = damaged(files)
        also = "".join(f"; {finding.text}" for finding in unread)
        raise DataError(f"no CT series{also}", unread[0].path if unread else None)
    # Copies of an instance count as one slice.
    sizes = {
        uid: sum({file.sop_instance or file.name: file.n_frames for file in group}.values())
        for uid, group in groups.items()
    }
    ranked = sorted(sizes, key=lambda uid: -sizes[uid])
    counts = [str(sizes[uid]) for uid in ranked]
    described = f"{len(ranked)} CT series, of {_listed(counts)} slices"
    if rule not in ("largest", "error"):
        if rule not in groups:
            raise DataError(f"{described}, and none has the SeriesInstanceUID in data.series")
        chosen, how = rule, "the one in data.series was used"
    elif len(ranked) > 1 and rule == "error":
        raise DataError(
            f"{described}: data.series=largest chooses the largest, data.series=UID a given one"
        )
    elif len(ranked) > 1 and sizes[ranked[0]] == sizes[ranked[1]]:
        raise DataError(
            f"{described}: none is larger than all others; choose one by data.series=UID"
        )
    else:
        chosen, how = ranked[0], "the largest was used"
    findings = []
    if len(ranked) > 1:
        # Another series of similar size may be the intended one.
        close = chosen != rule and 2 * sizes[ranked[1]] >= sizes[chosen]
        severity: Literal["warning", "info"] = "warning" if close else "info"
        findings.append(Finding("series-chosen", severity, f"{described}: {how}"))
    return Choice(sorted(file.path for file in groups[chosen]), findings)


def damaged(files: Iterable[DicomFile]) -> list[Finding]:
    """A finding of severity ``error`` if files are damaged: slices may be missing."""
    broken = [file for file in files if file.kind == "damaged"]
    if not broken:
        return []
    reasons = ", ".join(sorted({file.reason for file in broken}))
    count = "1 DICOM file is" if len(broken) == 1 else f"{len(broken)} DICOM files are"
    text = f"{count} damaged or incomplete ({reasons}), so that slices or masks may be missing"
    return [Finding("unreadable-file", "error", text, broken[0].path)]


def dicom_files(folder: Path) -> list[Path]:
    """The ``.dcm`` files of a folder, by name.

    Raises:
        DataError: If there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataError("no folder with DICOM files", folder)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".dcm")
    if not files:
        raise DataError("the folder contains no DICOM file (*.dcm)", folder)
    return files


def _listed(counts: list[str]) -> str:
    if len(counts) > 6:
        counts = [*counts[:5], f"{len(counts) - 5} smaller ones"]
    return counts[0] if len(counts) == 1 else f"{', '.join(counts[:-1])} and {counts[-1]}"


def look(path: Path | str) -> DicomFile | None:
    """Describe a file by its header; None for a DICOMDIR and for files that are not DICOM."""
    try:
        head = read_head(path)
        return None if head is None else _described(os.fspath(path), head)
    except NotDicomError:
        name = Path(path).name
        # Companion files that macOS writes on other file systems have the same extension.
        if not name.lower().endswith(".dcm") or name.startswith("._"):
            return None
        empty = not Path(path).stat().st_size
        reason = "it is empty" if empty else "its name ends in .dcm, but it is not DICOM"
    except (BrokenError, RefusedError) as error:
        if not claims_to_be_dicom(Path(path)):
            return None
        reason = str(error)
    except (EOFError, zlib.error):
        reason = "deflated data are damaged"
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    return DicomFile(os.fspath(path), "damaged", reason=reason)


def claims_to_be_dicom(path: Path) -> bool:
    """Whether its mark or name says so: other files may begin like one without a mark."""
    with path.open("rb") as file:
        return marked(file.read(FIRST_BYTES)) or path.suffix.lower() == ".dcm"


def _described(path: str, head: Head) -> DicomFile | None:
    media_class, sop_class = head.media_class, head["SOPClassUID"]
    if DICOMDIR in (media_class, sop_class):
        return None
    kind = head.kind
    if not (sop_class or head["Modality"]):
        if media_class and media_class not in READ and not _unheard_of(media_class):
            return DicomFile(path, "other", head)
        raise BrokenError("it has neither SOPClassUID nor Modality")
    others = {READ.get(media_class, "other"), MODALITIES.get(head["Modality"], "other")}
    if media_class and sop_class and len(others) == 1 and kind not in others:
        raise BrokenError("SOPClassUID contradicts MediaStorageSOPClassUID and Modality")
    if kind == "other" and head["Modality"] in MODALITIES and _unheard_of(sop_class):
        raise BrokenError("SOPClassUID is not one of DICOM")
    image_type = {word.strip() for word in head["ImageType"].split("\\")}
    if kind == "ct" and OVERVIEWS & image_type:
        kind = "other"
    frames = head["NumberOfFrames"] if kind == "ct" else ""
    if frames and not (frames.isdecimal() and int(frames)):
        raise BrokenError("NumberOfFrames is not a number")
    return DicomFile(path, kind, head, n_frames=int(frames or 1))


def _unheard_of(sop_class: str) -> bool:
    from pydicom.uid import UID

    return sop_class.startswith(STANDARD_CLASSES) and UID(sop_class).name == sop_class
