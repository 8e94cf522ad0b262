"""Base of sources whose cases are trees of DICOM files: images, and objects with masks."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lungseg import __version__
from lungseg.data.case import Case
from lungseg.dicom.series import CtSeries, read_series
from lungseg.dicom.tree import Choice, DicomFile, choose_series, damaged, scan
from lungseg.errors import ConfigError, DataError
from lungseg.files import sha256_of
from lungseg.findings import Finding
from lungseg.sources.about import about
from lungseg.sources.case_image import CaseImage
from lungseg.sources.dicom_patients import by_patient, recalled, remember
from lungseg.sources.folders import by_utf8_name, subfolders
from lungseg.sources.identity import Identity, patient_of
from lungseg.sources.lungs import LungNames, Side, combine
from lungseg.sources.mask_objects import MaskObject, age_of, identifiers_of, once
from lungseg.sources.maskless import HINT, REQUIRED, left_aside, masks_required
from lungseg.sources.numbering import digests, numbered, read_list, write_list
from lungseg.sources.placed import placed_case
from lungseg.sources.state import files_below, state_of

GROUPINGS = ("folder", "number", "patient")

Parts = list[tuple[Side, NDArray[np.uint8]]]


T = TypeVar("T", bound=MaskObject)


class DicomTree(ABC, Generic[T]):
    """Cases as trees of DICOM files, nested and named in any way.

    Args:
        root: Folder with all files.
        cases: ``folder``: each folder in root is a case and names it. ``number``: each folder is a
            case, and they are named ``Case_001``, ``Case_002``, … ``patient``: the files of one
            PatientID are a case, and the ID names it; only if the files state that identity was
            removed.
        series: Which CT series of a case: ``largest``, its SeriesInstanceUID, or ``error`` if there
            are several.
        lungs: Patterns of the names of ``left``, ``right`` and ``both`` lungs.
        masks: ``required``, or ``none``: only CT is read.
        numbers: File that lists the folder of each number, created if missing; None: no list.

    Raises:
        ConfigError: If a setting is invalid.
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
        numbers: str | None = None,
    ) -> None:
        if cases not in GROUPINGS:
            raise ConfigError(f"data.cases: folder, number or patient, got {cases}")
        if numbers is not None and cases != "number":
            raise ConfigError("data.numbers: lists the folders of data.cases=number")
        self.root = Path(root)
        self.grouping = cases
        self.series = series
        self.lungs = LungNames.of(lungs)
        self.masks = masks_required(masks)
        self.numbers = None if numbers is None else Path(numbers)
        self._known: Mapping[str, Any] = {}
        self._digests: dict[str, list[str]] = {}  # by folder, where cases are numbered

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
            DataError: If no object belongs to the images, or none contains lungs.
        """

    def recall(self, known: Mapping[str, Any]) -> None:
        """Take over the assignment that the store has; called before any other method.

        Args:
            known: What :meth:`remembered` returned earlier; ignored if the settings were different.
        """
        self._known = known if known.get("by") == self._rule else {}

    def remembered(self) -> dict[str, Any]:
        """How folders or files are recognized in the next run; empty for ``folder``."""
        if self.grouping == "folder":
            return {}
        if self.grouping == "patient":
            return {"by": self._rule, **remember(self.root, self._by_patient)}
        current = {name: self._digests[folder.name] for name, folder in self._folders.items()}
        return {"by": self._rule, "cases": {**self._known.get("cases", {}), **current}}

    @property
    def _rule(self) -> str:
        """The settings on which the assignment of files to cases depends."""
        if self.grouping == "number":
            return "number"
        return f"{self.grouping}, {self.kind}, masks {self.masks}, {__version__}"

    def cases(self) -> list[str]:
        """Names of the cases, in natural order.

        Raises:
            DataError: If there are none.
        """
        with about("data.root"):
            if not self.root.is_dir():
                raise DataError("no such folder", self.root)
            return list(self._listed if self.grouping == "patient" else self._folders)

    @cached_property
    def _folders(self) -> dict[str, Path]:
        """Folder of each case."""
        folders = subfolders(self.root)
        if self.grouping == "number":
            listed = read_list(self.numbers) if self.numbers else {}
            self._digests = {name: digests(path) for name, path in folders.items()}
            names = numbered(self._digests, self._known.get("cases", {}), listed)
            kept = {name: folder for folder, name in listed.items()} | names
            if self.numbers and len(kept) > len(listed):
                write_list(self.numbers, kept)
            return {name: folders[folder] for name, folder in names.items()}
        return by_utf8_name(folders, self.root)

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        with about(case):
            if self.grouping == "patient":
                return state_of(sorted(self._listed[case]), self.root)
            folder = self._folders[case]
            state = state_of(files_below(folder), folder)
            # Another folder with the same names, sizes and times must not be mistaken for this one.
            return (
                state
                if self.grouping == "folder"
                else " ".join([state, *self._digests[folder.name]])
            )

    def patient(self, case: str) -> frozenset[str]:
        """Keys of the case's patient; also checks whether the case's name may be shown.

        Raises:
            IdentityError: As :func:`lungseg.sources.identity.patient_of`.
        """
        if self.grouping == "patient":
            heads = [file.head for file in self._by_patient[case] if file.head]
            return frozenset[str]().union(*(Identity.of(head).keys() for head in heads))
        folder = self._folders[case]
        if self.grouping == "number":
            with about(case):
                return patient_of(None, files_below(folder))
        with about("data.root"):
            return patient_of(case, files_below(folder))

    def read(self, case: str) -> Case:
        """Read one case.

        Raises:
            DataError: If the case has files of several patients, images or masks are missing or
                damaged, or they do not belong together.
        """
        with about(case):
            try:
                return self._read(case)
            except DataError as error:
                raise DataError(str(error), error.path or self._location(case)) from None

    def _read(self, case: str) -> Case:
        files = self._files(case)
        kinds = ("ct", self.kind) if self.masks else ("ct",)
        patients = {file.patient for file in files if file.kind in kinds} - {""}
        if len(patients) > 1:
            raise DataError(
                f"files of {len(patients)} patients in one case: give each a folder of its own, or"
                " set data.cases=patient",
                self._location(case),
            )
        masks = [file.path for file in files if file.kind == self.kind]
        unread = damaged(files)
        if not self.masks:
            choice = choose_series(files, self.series)
            series = read_series(choice.files)
            findings = [*unread, *choice.findings, *series.findings, *left_aside(masks, self.what)]
            image = CaseImage(case, series.volume, series.header, findings, series.sha256)
            return image.case()
        if not masks:
            also = "".join(f"; {finding.text}" for finding in unread)
            path = unread[0].path if unread else self._location(case)
            raise DataError(f"no {self.what} among the case's files{also}; {HINT}", path)
        masks, repeated = once(masks, self.what)
        objects = [(path, self.open(path)) for path in sorted(masks, key=age_of, reverse=True)]
        choice = self._choose(files, objects)
        series = read_series(choice.files)
        parts, findings, used = self.parts(objects, series)
        mask, sides, more = combine(parts)
        keywords = set().union(*(identifiers_of(path) for path in used))
        if keywords:
            text = f"the {self.what} contains {', '.join(sorted(keywords))}; not copied"
            more = [*more, Finding("identifiers", "warning", text)]
        hashes = [bytes.fromhex(series.sha256), *sorted(sha256_of(path) for path in used)]
        findings = [
            *unread, *repeated, *choice.findings, *series.findings, *findings, *more
        ]  # fmt: skip
        digest = hashlib.sha256(b"".join(hashes)).hexdigest()
        image = CaseImage(case, series.volume, series.header, findings, digest)
        paths = {finding.code: finding.path for finding in findings if finding.path}
        return replace(placed_case(image, mask, sides), paths={"": self._location(case), **paths})

    def _choose(self, files: list[DicomFile], objects: Sequence[tuple[Path, T]]) -> Choice:
        """The CT series by the setting `series`; by default among those that masks refer to."""
        named = frozenset[str]().union(*(mask_object.series for _, mask_object in objects))
        series = {file.series for file in files if file.kind == "ct"}
        if self.series != "largest" or not series & named or series <= named:
            return choose_series(files, self.series)
        candidates = [file for file in files if file.kind != "ct" or file.series in named]
        choice = choose_series(candidates, self.series)
        text = f"{len(series - named)} CT series to which no {self.what} refers ignored"
        return Choice(choice.files, [*choice.findings, Finding("series-chosen", "info", text)])

    def _location(self, case: str) -> Path:
        """The path to show for an error that concerns a case as a whole."""
        return self.root if self.grouping == "patient" else self._folders[case]

    def _files(self, case: str) -> list[DicomFile]:
        if self.grouping == "patient":
            return self._by_patient[case]
        files = scan(self._location(case))
        if not files:
            raise DataError("the folder contains no DICOM file", self._location(case))
        return files

    @cached_property
    def _listed(self) -> dict[str, list[Path]]:
        """Paths of each patient's files; headers are read only if a file changed."""
        unchanged = recalled(self.root, self._known)
        if unchanged is not None:
            return unchanged
        return {name: [file.path for file in files] for name, files in self._by_patient.items()}

    @cached_property
    def _by_patient(self) -> dict[str, list[DicomFile]]:
        return by_patient(self.root, self.kind, masks=self.masks)
