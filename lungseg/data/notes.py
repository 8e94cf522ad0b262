"""What a store records besides its cases: why others failed, and the assignment of files."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lungseg import __version__
from lungseg.data.place import Place, join, read_text, write_text
from lungseg.data.seal import read_sealed, seal
from lungseg.data.source import RemembersFiles, Source
from lungseg.errors import DataError

FAILED = "failed.json"
FILES = "files.json"


def read_failures(
    store: Place, states: Mapping[str, str], on_finding: Mapping[str, str]
) -> dict[str, str]:
    """Why cases failed earlier, if their files, settings and rules have not changed since."""
    recorded: dict[str, dict[str, str]]
    try:
        recorded = read_sealed(store, FAILED) or {}
    except ValueError:  # damaged: the cases are tried again
        recorded = {}
    return {
        name: recorded[name]["reason"]
        for name, state in states.items()
        if name in recorded and recorded[name]["state"] == _full_state(on_finding, state)
    }


def write_failures(
    store: Place,
    states: Mapping[str, str],
    on_finding: Mapping[str, str],
    failed: Mapping[str, str],
) -> None:
    """Record why cases failed."""
    recorded = {
        name: {"state": _full_state(on_finding, states[name]), "reason": reason}
        for name, reason in failed.items()
        if name in states
    }
    if recorded or read_text(store, FAILED) is not None:
        write_text(store, FAILED, json.dumps(seal(recorded), indent=2) + "\n")


def _full_state(on_finding: Mapping[str, str], state: str) -> str:
    """A state that also depends on the present rules and version."""
    return f"{state} {__version__} {json.dumps(dict(on_finding), sort_keys=True)}"


def recall_files(source: Source, store: Place) -> None:
    """Give a source that assigns files to cases its earlier assignment.

    Raises:
        DataError: If the record of it is damaged: cases would get other names than before.
    """
    if isinstance(source, RemembersFiles):
        try:
            source.recall(read_sealed(store, FILES) or {})
        except ValueError:
            raise DataError(
                f"{FILES}, which says which files each case has, is damaged; restore it, or remove"
                " it and let cases be named anew",
                join(store, FILES),
            ) from None


def keep_files(source: Source, store: Place) -> None:
    """Record which files were assigned to which case, before any case is stored."""
    files = source.remembered() if isinstance(source, RemembersFiles) else {}
    if files:
        write_text(store, FILES, json.dumps(seal(files)) + "\n")
