"""What a store remembers beside its cases: why others failed, and which numbers were given."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lungseg import __version__
from lungseg.data.cohort import Source
from lungseg.data.place import Place, read_text, write_text

FAILED = "failed.json"
NUMBERS = "numbers.json"


def read_failures(
    store: Place, states: Mapping[str, str], on_finding: Mapping[str, str]
) -> dict[str, str]:
    """Why cases failed before whose files, settings and rules have not changed since."""
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
    """Remember why cases failed."""
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


def recall_numbers(source: Source, store: Place) -> None:
    """Tell a source that numbers its cases which numbers it gave before."""
    if hasattr(source, "recall"):
        text = read_text(store, NUMBERS)
        source.recall(json.loads(text) if text else {})


def keep_numbers(source: Source, store: Place) -> None:
    """Remember the numbers, before any case is stored under them."""
    numbers = source.remembered() if hasattr(source, "remembered") else {}
    if numbers:
        write_text(store, NUMBERS, json.dumps(numbers) + "\n")
