"""What sources share whose cases are trees of DICOM files: images, and objects with masks."""

from __future__ import annotations

import hashlib
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.data.lungs import LungNames, Side, combine
from lungseg.data.sources.about import about
from lungseg.data.sources.identity import check_name, identity_of, patient_of
from lungseg.data.sources.maskless import HINT, REQUIRED, left_aside, maskless_case, masks_required
from lungseg.data.sources.natural import natural
from lungseg.data.sources.placed import placed_case
from lungseg.data.sources.state import state_of
from lungseg.dicom.header import identifiers
from lungseg.dicom.parse import parse, read_bytes
from lungseg.dicom.series import CtSeries, read_series
from lungseg.dicom.tree import Choice, DicomFile, choose_series, damaged, scan
from lungseg.errors import ConfigError, DataError
from lungseg.files import sha256_of
from lungseg.findings import Finding

GROUPINGS = ("folder", "patient")
# The last is no date, but settles the order of undated objects.
DATED = ("StructureSetDate", "StructureSetTime", "ContentDate", "ContentTime", "SOPInstanceUID")

Parts = list[tuple[Side, NDArray[np.uint8]]]


class MaskObject(Protocol):
    """What tells the images that an RTSTRUCT or DICOM-SEG belongs to."""

    @property
    def frame_of_reference(self) -> str:
        """FrameOfReferenceUID."""

    @property
    def series(self) -> frozenset[str]:
        """SeriesInstanceUIDs of the images referred to."""


T = TypeVar("T", bound=MaskObject)


class DicomTree(ABC, Generic[T]):
    """Cases as trees of DICOM files, nested and named in any way.

    Args:
        root: Folder that holds all.
        cases: ``folder``: each folder in root is a case and names it. ``patient``: the files of one
            PatientID are a case wherever they lie, and the ID names it; only where the files say
            that identity was removed.
        series: Which CT series of a case: ``largest``, its SeriesInstanceUID, or ``error`` where
            there are several.
        lungs: Patterns of the names of ``left``, ``right`` and ``both`` lungs.
        masks: ``required``, or ``none``: CT alone is looked at.

    Raises:
        ConfigError: If a setting is wrong.
    """

    kind: ClassVar[str]
    what: ClassVar[str]

    def __init__(
        self,
        root: str | Path,
        *,
        cases: str,
        series: str,
        lungs: Mapping[str, list[str]],
        masks: str = REQUIRED,
    ) -> None:
        if cases not in GROUPINGS:
            raise ConfigError(f"data.cases: {' or '.join(GROUPINGS)}, got {cases}")
        self.root = Path(root)
        self.grouping = cases
        self.series = series
        self.lungs = LungNames(**lungs)
        self.masks = masks_required(masks)

    @abstractmethod
    def open(self, path: Path) -> T:
        """Read an object of this kind.

        Raises:
            DataError: If the file is damaged.
        """

    @abstractmethod
    def parts(
        self, objects: Sequence[tuple[Path, T]], series: CtSeries
    ) -> tuple[Parts, list[Finding], list[Path]]:
        """Masks of lungs on the series' grid.

        Args:
            objects: The case's objects of this kind and their files, newest first; at least one.
            series: The images.

        Returns:
            Side and mask of each, findings, and the files that were used.

        Raises:
            DataError: If none belongs to the images, or none holds lungs.
        """

    def cases(self) -> list[str]:
        """Names of the cases, in natural order.

        Raises:
            DataError: If there are none, or a name would identify a patient.
        """
        with about("data.root"):
            if not self.root.is_dir():
                raise DataError("no such folder", self.root)
            if self.grouping == "patient":
                return list(self._by_patient)
            folders = [path for path in self.root.iterdir() if path.is_dir()]
            names = sorted((path.name for path in folders if path.name[0] != "."), key=natural)
            if not names:
                raise DataError("no folder for each case (or set data.cases=patient)", self.root)
            for name in names:
                check_name(name, self.root / name)
            return names

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        with about(case):
            return state_of(self._paths(case))

    def patient(self, case: str) -> str:
        """The first PatientID in the case's CT images, or nothing."""
        return patient_of(self._paths(case))

    def read(self, case: str) -> Case:
        """Read one case.

        Raises:
            DataError: If the case is of several patients, images or masks are missing or damaged,
                or they do not belong together.
        """
        with about(case):
            return self._read(case)

    def _read(self, case: str) -> Case:
        files = self._files(case)
        kinds = ("ct", self.kind) if self.masks else ("ct",)
        patients = {file.patient for file in files if file.kind in kinds} - {""}
        if len(patients) > 1:
            raise DataError(
                f"files of {len(patients)} patients in one case: give each a folder of its own, or"
                " set data.cases=patient",
                self.root / case if self.grouping == "folder" else self.root,
            )
        masks = [file.path for file in files if file.kind == self.kind]
        unread = damaged(files)
        if not self.masks:
            choice = choose_series(files, self.series)
            series = read_series(choice.files)
            found = [*unread, *choice.findings, *series.findings, *left_aside(masks, self.what)]
            return maskless_case(case, series.volume, series.header, found, series.sha256)
        if not masks:
            also = "".join(f"; {finding.text}" for finding in unread)
            raise DataError(f"no {self.what} among the case's files{also}; {HINT}", files[0].path)
        objects = [(path, self.open(path)) for path in sorted(masks, key=_age, reverse=True)]
        choice = self._choose(files, objects)
        series = read_series(choice.files)
        parts, findings, used = self.parts(objects, series)
        mask, sides, more = combine(parts)
        held = set().union(*(_identifiers(path) for path in used))
        if held:
            text = f"the {self.what} holds {', '.join(sorted(held))}; left behind"
            more = [*more, Finding("identifiers", "warning", text)]
        digests = [bytes.fromhex(series.sha256), *sorted(sha256_of(path) for path in used)]
        return placed_case(
            case,
            series.volume,
            mask,
            sides,
            series.header,
            [*unread, *choice.findings, *series.findings, *findings, *more],
            hashlib.sha256(b"".join(digests)).hexdigest(),
        )

    def _choose(self, files: list[DicomFile], objects: Sequence[tuple[Path, T]]) -> Choice:
        """The CT series: of those that masks name, where one does, by the rule of the settings."""
        named = frozenset[str]().union(*(held.series for _, held in objects))
        series = {file.series for file in files if file.kind == "ct"}
        if self.series != "largest" or not series & named or series <= named:
            return choose_series(files, self.series)
        meant = [file for file in files if file.kind != "ct" or file.series in named]
        choice = choose_series(meant, self.series)
        text = f"{len(series - named)} CT series that no {self.what} names left aside"
        return Choice(choice.files, [*choice.findings, Finding("series-chosen", "info", text)])

    def _files(self, case: str) -> list[DicomFile]:
        if self.grouping == "patient":
            return self._by_patient[case]
        files = scan(self.root / case)
        if not files:
            raise DataError("the folder holds no DICOM file", self.root / case)
        return files

    def _paths(self, case: str) -> list[Path]:
        if self.grouping == "patient":
            return sorted(file.path for file in self._by_patient[case])
        return sorted(path for path in (self.root / case).rglob("*") if path.is_file())

    @cached_property
    def _by_patient(self) -> dict[str, list[DicomFile]]:
        files: dict[str, list[DicomFile]] = {}
        scanned = scan(self.root)
        for file in scanned:
            if file.kind in ("ct", self.kind):
                files.setdefault(file.patient, []).append(file)
        if not self.masks:
            files = {who: own for who, own in files.items() if "ct" in {one.kind for one in own}}
        if not files:
            what = "no CT image and no mask" if self.masks else "no CT image"
            raise DataError(f"{what} among the files", self.root)
        named: dict[str, list[DicomFile]] = {}
        for patient, own in files.items():
            if not _all_removed(own):
                raise DataError(
                    "files do not say that identity was removed, or hold a birth date, so PatientID"
                    " may not name cases:"
                    " run lungseg deidentify first, or name folders by pseudonyms and leave"
                    " data.cases=folder",
                    own[0].path,
                )
            name = re.sub(r"[^A-Za-z0-9._-]+", "_", patient).strip("._-")
            if not name or name in named:
                raise DataError("PatientIDs are empty or too alike to name cases", own[0].path)
            named[name] = own
        for file in scanned:
            if file.kind == "damaged":  # whose it is, only its neighbours may tell
                _add_to_neighbours(file, named)
        return {name: named[name] for name in sorted(named, key=natural)}


def _add_to_neighbours(unread: DicomFile, cases: dict[str, list[DicomFile]]) -> None:
    """Add a file to the cases with files in its folder; where none has, to all of them."""
    folder = unread.path.parent
    near = [own for own in cases.values() if any(file.path.parent == folder for file in own)]
    for own in near or cases.values():
        own.append(unread)


def _all_removed(files: Sequence[DicomFile]) -> bool:
    """Whether one file of each series says that identity was removed."""
    one_each = {file.series: file.path for file in files}
    found = [identity_of(path) for path in one_each.values()]
    return all(identity is not None and identity.removed for identity in found)


def date_of(path: Path) -> str:
    """When an object's content was made, in a form that sorts; empty where it does not say."""
    return _age(path)[0]


def _age(path: Path) -> tuple[str, str]:
    """Sorts objects by when their content was made; undated ones first, by UID."""
    from pydicom.datadict import tag_for_keyword

    tags = [tag_for_keyword(keyword) or 0 for keyword in DATED]
    try:
        head = parse(read_bytes(path), tags=tags).dataset
        *dated, uid = (str(head.get(keyword) or "") for keyword in DATED)
    except Exception:  # a damaged file is told of when it is read
        return "", ""
    return "".join(dated), uid


def _identifiers(path: Path) -> set[str]:
    """Keywords of filled-in attributes that may name someone, of a file that could be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
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
    raise DataError(
        f"no {what} refers to the chosen CT series ({len(objects)} refer elsewhere): is another"
        " series meant (data.series=<SeriesInstanceUID>)?",
        objects[0][0],
    )
