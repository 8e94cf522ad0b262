"""Cases as the files of one PatientID, wherever they lie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lungseg.data.sources.identity import Identity
from lungseg.data.sources.natural import natural
from lungseg.data.sources.numbering import digests
from lungseg.data.sources.state import files_below, signatures
from lungseg.dicom.tree import DicomFile, scan
from lungseg.errors import DataError


def by_patient(root: Path, kind: str, *, masks: bool) -> dict[str, list[DicomFile]]:
    """Files by case, in natural order of the names, which are made of PatientIDs.

    Args:
        root: Folder that holds all.
        kind: Of objects with masks.
        masks: Whether these are wanted; if not, patients without images are left aside.

    Raises:
        DataError: If files do not say that identity was removed, are without PatientID, or there
            are none.
    """
    files: dict[str, list[DicomFile]] = {}
    scanned = scan(root)
    for file in scanned:
        if file.kind in ("ct", kind):
            files.setdefault(file.patient, []).append(file)
    if not masks:
        files = {who: own for who, own in files.items() if "ct" in {one.kind for one in own}}
    if not files:
        what = "no CT image and no mask" if masks else "no CT image"
        raise DataError(f"{what} among the files", root)
    named: dict[str, list[DicomFile]] = {}
    for patient, own in files.items():
        if telling := _first_not_removed(own):
            raise DataError(
                "files do not say that identity was removed, or hold a birth date, so PatientID"
                " may not name cases: data.cases=number names the case of each folder, or run"
                " lungseg deidentify first, or name folders by pseudonyms and leave"
                " data.cases=folder",
                telling.path,
            )
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", patient).strip("._-")
        if not name or name in named:
            raise DataError("PatientIDs are empty or too alike to name cases", own[0].path)
        named[name] = own
    for file in scanned:
        if file.kind == "damaged":  # whose it is, only its neighbours may tell
            _add_to_neighbours(file, named)
    return {name: named[name] for name in sorted(named, key=natural)}


def remember(root: Path, cases: Mapping[str, list[DicomFile]]) -> dict[str, list[str]]:
    """Digests of each case's files, and under ``""`` those of all others below a folder.

    Nothing where files are damaged: they are not of one case, and have to be looked at each time.
    """
    if any(file.kind == "damaged" for files in cases.values() for file in files):
        return {}
    owner = {file.path: name for name, files in cases.items() for file in files}
    paths = files_below(root)
    made: dict[str, list[str]] = {}
    for path, digest in zip(paths, digests(signatures(paths, root)), strict=True):
        made.setdefault(owner.get(path, ""), []).append(digest)
    return made


def recalled(root: Path, known: Mapping[str, list[str]]) -> dict[str, list[Path]] | None:
    """Paths of each case's files by what :func:`remember` gave; None where a file changed."""
    owner = {digest: name for name, files in known.items() for digest in files}
    paths = files_below(root)
    found = dict(zip(digests(signatures(paths, root)), paths, strict=True))
    if not known or found.keys() != owner.keys() or len(found) < len(paths):
        return None
    cases: dict[str, list[Path]] = {}
    for digest, path in found.items():
        cases.setdefault(owner[digest], []).append(path)
    cases.pop("", None)
    return {name: cases[name] for name in sorted(cases, key=natural)}


def _add_to_neighbours(unread: DicomFile, cases: dict[str, list[DicomFile]]) -> None:
    """Add a file to the cases with files in its folder; where none has, to all of them."""
    folder = unread.path.parent
    near = [own for own in cases.values() if any(file.path.parent == folder for file in own)]
    for own in near or cases.values():
        own.append(unread)


def _first_not_removed(files: Sequence[DicomFile]) -> DicomFile | None:
    """A file that does not say that identity was removed."""
    return next((file for file in files if file.head and not Identity.of(file.head).removed), None)
