"""The cohort: all prepared cases of a store and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lungseg.data import store as stores
from lungseg.data.case import Case
from lungseg.errors import DataError
from lungseg.files import write_json

FILE = "cohort.json"
AUDIT_FILE = "audit.json"


class Source(Protocol):
    """Where cases come from. Adding one: a class with these four methods, and a YAML.

    It must survive pickling: cases are read in other processes.
    """

    def cases(self) -> list[str]:
        """Names of all cases, in the order that positions in a split count by."""

    def state(self, case: str) -> str:
        """Cheap fingerprint of a case's files: equal means unchanged."""

    def patient(self, case: str) -> str:
        """What tells the case's patient from others; compared in memory, never written.

        Cases with equal ones are never split. Empty where it is not known.
        """

    def read(self, case: str) -> Case:
        """Read one case."""


@dataclass(frozen=True)
class Cohort:
    """Cases of a store, in the source's order.

    Attributes:
        store: Path or URL.
        cases: Attributes by case name, as the store keeps them.
        patients: A label by case, equal for cases of one patient: the name of the patient's first
            case. Whatever splits cases keeps equal labels together.
        failed: Cases that could not be prepared and were left out, with the reason.
    """

    store: str
    cases: dict[str, dict[str, Any]]
    patients: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Case names in order."""
        return list(self.cases)

    @property
    def sha256(self) -> str:
        """Hash of all voxels, masks and geometry under their case names, whatever the order."""
        lines = sorted(f"{name} {case['content_sha256']}" for name, case in self.cases.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def synthetic(self) -> bool:
        """Whether any case says of itself that it is synthetic."""
        return any(case["fingerprint"].get("synthetic") for case in self.cases.values())

    @property
    def image_sha256(self) -> dict[str, str]:
        """Hash of each case's image alone, by name."""
        return {name: case["image_sha256"] for name, case in self.cases.items()}

    def fingerprint(self) -> dict[str, Any]:
        """The cohort in figures, per case and in all."""
        prints = [case["fingerprint"] for case in self.cases.values()]

        def total(key: str) -> int:
            return sum(int(one[key]) for one in prints)

        return {
            "cohort_sha256": self.sha256,
            "synthetic": self.synthetic,
            "n_cases": len(prints),
            "n_slices": total("n_slices"),
            "empty_share": total("n_empty") / total("n_slices"),
            "positive_share": total("n_positive") / total("n_voxels"),
            "cases": {
                name: case["fingerprint"] | {"spacing_mm": case["spacing_mm"]}
                for name, case in self.cases.items()
            },
        }


def prepare(
    source: Source,
    store: Path,
    track: Callable[[list[str]], Iterable[str]],
    say: Callable[[str], None],
) -> Cohort:
    """Bring a store up to date with its source, a case at a time.

    A case that stands in the store unchanged is left alone; a changed one is prepared anew, and
    said to be.

    Args:
        source: Where cases come from.
        store: Folder of the store.
        track: Wraps the list of cases that have to be read, as a progress bar does.
        say: Takes one line for the user.

    Raises:
        DataError: If a case cannot be read. Cases before it stay prepared, none half-written.
    """
    names = source.cases()
    states = {name: source.state(name) for name in names}
    known = {name: stores.attributes(store, name) for name in names}

    def current(name: str) -> bool:
        have = known[name]
        return have is not None and have["source_state"] == states[name]

    for name in track([name for name in names if not current(name)]):
        case = source.read(name)
        old = known[name]
        if old is not None and old["source_sha256"] != case.source_sha256:
            say(f"{name}: its source files changed since it was prepared; prepared anew")
        known[name] = stores.write_case(store, case, states[name])
    ready = {name: attributes for name, attributes in known.items() if attributes is not None}
    cohort = Cohort(str(store), ready)
    fingerprint = cohort.fingerprint()
    if _read_json(store / FILE) != fingerprint:
        write_json(store / FILE, fingerprint)
    audit = {name: case["audit"] for name, case in ready.items()}
    if _read_json(store / AUDIT_FILE) != audit:
        write_json(store / AUDIT_FILE, audit)
    return cohort


def open_cohort(store: str | Path) -> Cohort:
    """Open a prepared store without its source.

    Raises:
        DataError: If it is none, or a case that it lists is missing.
    """
    listed = _read_json(Path(store) / FILE)
    if listed is None:
        raise DataError("no prepared cohort here (cohort.json is missing)", store)
    cases = {}
    for name in listed["cases"]:
        found = stores.attributes(store, name)
        if found is None:
            raise DataError(f"{name}: listed in cohort.json but not in the store", store)
        cases[name] = found
    return Cohort(str(store), cases)


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
