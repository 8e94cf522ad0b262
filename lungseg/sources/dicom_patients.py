"""Cases as the files of one PatientID, in whatever folders they are."""

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
    """Files by case, in natural order of the names, which are derived from PatientIDs.

    Args:
        root: Folder with all files.
        kind: Kind of the mask objects.
        masks: Whether masks are required; if not, patients without images are ignored.

    Raises:
        DataError: If files do not state that identity was removed, have no PatientID, or do not
            exist.
    """
    files: dict[str, list[DicomFile]] = {}
    scanned = scan(root)
    for file in scanned:
        if file.kind in ("ct", kind):
            files.setdefault(file.patient, []).append(file)
    if not masks:
        files = {
            patient: theirs
            for patient, theirs in files.items()
            if any(file.kind == "ct" for file in theirs)
        }
    if not files:
        what = "no CT image and no mask" if masks else "no CT image"
        raise DataError(f"{what} among the files", root)
    named: dict[str, list[DicomFile]] = {}
    for patient, theirs in files.items():
        if identified := _first_not_removed(theirs):
            raise DataError(
                "files do not state that identity was removed, or contain a birth date, so"
                " PatientID may not name cases: data.cases=number names the case of each folder, or"
                " run lungseg deidentify first, or name folders by pseudonyms and leave"
                " data.cases=folder",
                identified.path,
            )
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", patient).strip("._-")
        if not name or name in named:
            raise DataError("PatientIDs are empty or too alike to name cases", theirs[0].path)
        named[name] = theirs
    # A damaged file can only be assigned by the files next to it.
    _add_to_neighbours([file for file in scanned if file.kind == "damaged"], named)
    return {name: named[name] for name in sorted(named, key=natural)}


def remember(root: Path, cases: Mapping[str, list[DicomFile]]) -> dict[str, Any]:
    """The assignment of files to cases, in a form that reveals no identity.

    Empty if files are damaged: these belong to no single case and have to be read each time.
    """
    if any(file.kind == "damaged" for files in cases.values() for file in files):
        return {}
    paths = files_below(root)
    position = {os.fspath(path): k for k, path in enumerate(paths)}
    return {
        "tree": state_of(paths, root),
        "cases": {name: [position[file.name] for file in files] for name, files in cases.items()},
    }


def recalled(root: Path, known: Mapping[str, Any]) -> dict[str, list[Path]] | None:
    """Paths of each case's files from what :func:`remember` returned; None if a file changed."""
    if "tree" not in known:
        return None
    paths = files_below(root)
    if state_of(paths, root) != known["tree"]:
        return None
    return {name: [paths[k] for k in positions] for name, positions in known["cases"].items()}


def _add_to_neighbours(unread: list[DicomFile], cases: dict[str, list[DicomFile]]) -> None:
    """Add each file to the cases with files in the same folder, or else to all cases."""
    near: dict[Path, dict[str, None]] = {}
    for name, files in cases.items():
        for parent in {file.path.parent for file in files}:
            near.setdefault(parent, {})[name] = None
    for file in unread:
        for name in near.get(file.path.parent, cases):
            cases[name].append(file)


def _first_not_removed(files: Sequence[DicomFile]) -> DicomFile | None:
    """The first file that does not state that identity was removed."""
    return next((file for file in files if file.head and not Identity.of(file.head).removed), None)
