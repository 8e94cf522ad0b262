"""What a store records beside its cases: why others failed, and which files belong to which."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lungseg import __version__
from lungseg.data.place import Place, read_text, write_text
from lungseg.data.source import RemembersFiles, Source

FAILED = "failed.json"
FILES = "files.json"


def read_failures(
    store: Place, states: Mapping[str, str], on_finding: Mapping[str, str]
) -> dict[str, str]:
    """Why cases failed before, if their files, settings and rules have not changed since."""
    text = read_text(store, FAILED)
    noted: dict[str, dict[str, str]] = json.loads(text) if text else {}
    return {
        name: noted[name]["reason"]
        for name, state in states.items()
        if name in noted and noted[name]["state"] == _under(on_finding, state)
    }


def write_failures(
    store: Place,
    states: Mapping[str, str],
    on_finding: Mapping[str, str],
    failed: Mapping[str, str],
) -> None:
    """Record why cases failed."""
    noted = {
        name: {"state": _under(on_finding, states[name]), "reason": reason}
        for name, reason in failed.items()
        if name in states
    }
    if noted or read_text(store, FAILED) is not None:
        write_text(store, FAILED, json.dumps(noted, indent=2) + "\n")


def _under(on_finding: Mapping[str, str], state: str) -> str:
    """A state under the rules of today and by the readers of today."""
    return f"{state} {__version__} {json.dumps(dict(on_finding), sort_keys=True)}"


def recall_files(source: Source, store: Place) -> None:
    """Pass a source that groups files itself its earlier assignment of files to cases."""
    if isinstance(source, RemembersFiles):
        text = read_text(store, FILES)
        source.recall(json.loads(text) if text else {})


def keep_files(source: Source, store: Place) -> None:
    """Record which files belong to which case, before any case is stored."""
    files = source.remembered() if isinstance(source, RemembersFiles) else {}
    if files:
        write_text(store, FILES, json.dumps(files) + "\n")
