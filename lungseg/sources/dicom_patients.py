"""Cases as the files of one PatientID, wherever they lie."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lungseg.dicom.tree import DicomFile, scan
from lungseg.errors import DataError
from lungseg.sources.identity import Identity
from lungseg.sources.natural import natural
from lungseg.sources.state import files_below, state_of


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
    # Whose damaged files are, only their neighbours may tell.
    _add_to_neighbours([file for file in scanned if file.kind == "damaged"], named)
    return {name: named[name] for name in sorted(named, key=natural)}


def remember(root: Path, cases: Mapping[str, list[DicomFile]]) -> dict[str, Any]:
    """Which of the files below a folder are of which case, in a form that reveals nothing.

    Nothing where files are damaged: they are not of one case, and have to be looked at each time.
    """
    if any(file.kind == "damaged" for files in cases.values() for file in files):
        return {}
    paths = files_below(root)
    position = {os.fspath(path): k for k, path in enumerate(paths)}
    return {
        "tree": state_of(paths, root),
        "cases": {name: [position[one.name] for one in own] for name, own in cases.items()},
    }


def recalled(root: Path, known: Mapping[str, Any]) -> dict[str, list[Path]] | None:
    """Paths of each case's files by what :func:`remember` gave; None where a file changed."""
    if "tree" not in known:
        return None
    paths = files_below(root)
    if state_of(paths, root) != known["tree"]:
        return None
    return {name: [paths[k] for k in own] for name, own in known["cases"].items()}


def _add_to_neighbours(unread: list[DicomFile], cases: dict[str, list[DicomFile]]) -> None:
    """Add files to the cases with files in their folder; where none has, to all of them."""
    near: dict[Path, dict[str, None]] = {}
    for name, own in cases.items():
        for parent in {file.path.parent for file in own}:
            near.setdefault(parent, {})[name] = None
    for file in unread:
        for name in near.get(file.path.parent, cases):
            cases[name].append(file)


def _first_not_removed(files: Sequence[DicomFile]) -> DicomFile | None:
    """A file that does not say that identity was removed."""
    return next((file for file in files if file.head and not Identity.of(file.head).removed), None)
