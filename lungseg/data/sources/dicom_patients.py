"""Cases as the files of one PatientID, wherever they lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lungseg.data.sources.identity import Identity
from lungseg.data.sources.natural import natural
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


def _add_to_neighbours(unread: DicomFile, cases: dict[str, list[DicomFile]]) -> None:
    """Add a file to the cases with files in its folder; where none has, to all of them."""
    folder = unread.path.parent
    near = [own for own in cases.values() if any(file.path.parent == folder for file in own)]
    for own in near or cases.values():
        own.append(unread)


def _first_not_removed(files: Sequence[DicomFile]) -> DicomFile | None:
    """A file that does not say that identity was removed."""
    return next((file for file in files if file.head and not Identity.of(file.head).removed), None)
