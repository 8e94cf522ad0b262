"""Bring a store up to date with its source, a case at a time."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lungseg.data import store as stores
from lungseg.data.cohort import FILE, Cohort
from lungseg.data.lock import locked
from lungseg.data.notes import keep_files, read_failures, recall_files, write_failures
from lungseg.data.parallel import Parallel, stop_if_orphaned
from lungseg.data.patients import label_patients, recorded_labels, tell_patients
from lungseg.data.place import Place, is_url, read_text, write_text
from lungseg.data.source import Source, UnpairedError
from lungseg.errors import ConfigError, DataError, IdentityError
from lungseg.findings import Action, judge

log = logging.getLogger(__name__)

Pages = Callable[[Cohort], Mapping[str, str]]
"""Gives the texts of files that stand beside the cases, by name."""


@dataclass(frozen=True)
class Rules:
    """What becomes of cases that are not as they should be.

    Attributes:
        on_finding: ``error`` or ``warn`` by severity of a finding.
        skip_bad_cases: Leave out cases that cannot be prepared, and say so wherever the cohort is
            shown, instead of stopping at the first.
        patients: ``id``: cases of one PatientID are one patient; ``case``: each case is one.

    Raises:
        ConfigError: If there is no such severity or no such action.
    """

    on_finding: Mapping[str, Action] = field(default_factory=lambda: {"error": "error"})
    skip_bad_cases: bool = False
    patients: str = "id"

    def __post_init__(self) -> None:
        if self.patients not in ("id", "case"):
            raise ConfigError(f"data.patients={self.patients}: must be id or case")
        for severity, action in self.on_finding.items():
            if severity not in ("error", "warning"):
                raise ConfigError(f"data.on_finding.{severity}: there are error and warning")
            if action not in ("error", "warn"):
                raise ConfigError(
                    f"data.on_finding.{severity}={action}: must be error (stop) or warn (say so)"
                )


@dataclass(frozen=True)
class _Outcome:
    case: str
    attributes: dict[str, Any] | None = None
    reason: str = ""
    path: object = None


def prepare(
    source: Source,
    store: Place,
    *,
    settings: str = "",
    rules: Rules | None = None,
    parallel: Parallel | None = None,
    pages: tuple[tuple[str, ...], Pages] = ((), lambda _: {}),
    track: Callable[[list[str]], Iterable[str]] = iter,
    say: Callable[[str], None] = log.warning,
) -> Cohort:
    """Bring a store up to date with its source.

    A case that stands in the store unchanged is left alone; a changed one is prepared anew, and
    said to be. A run that was killed leaves whole cases only; the next one goes on after them.

    Args:
        source: Where cases come from.
        store: Path or URL of the store.
        settings: What the source reads by, beside its files: cases read by other settings are
            prepared anew.
        rules: For findings and bad cases; by default the first of either stops everything.
        parallel: How many cases at once; one by default.
        pages: Names of files that are to stand beside the cases, and what makes their texts when
            the cohort has changed.
        track: Wraps the list of cases that have to be read, as a progress bar does; advanced as
            they are done.
        say: Takes one line for the user.

    Returns:
        The cohort, its cases in the source's order.

    Raises:
        DataError: If a case cannot be prepared and is not to be skipped, or none is left. Cases
            before it stay prepared, none half-written.
    """
    rules, parallel = rules or Rules(), parallel or Parallel()
    recall_files(source, store)
    names, hopeless = _names(source, rules)
    states = _states(source, names, settings, rules, hopeless)

    def look() -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Cases that stand in the store as they should, and those known to fail."""
        ready = {}
        for name, state in states.items():
            have = stores.attributes(store, name)
            if have is not None and have["source_state"] == state:
                ready[name] = have
        before = read_failures(store, states, rules.on_finding) if rules.skip_bad_cases else {}
        failed = hopeless | before | _judged(ready, rules)
        return ready, failed

    def finished(
        ready: dict[str, dict[str, Any]], failed: dict[str, str], patients: dict[str, str]
    ) -> Cohort:
        good = {name: ready[name] for name in names if name in ready and name not in failed}
        if not good:
            raise DataError(f"none of the {len(names)} cases could be prepared: {_first(failed)}")
        labels = {name: patients[name] for name in good}
        tell_patients(labels, say)
        return Cohort(
            str(store),
            good,
            labels,
            {name: failed[name] for name in names if name in failed},
            rules.patients,
        )

    def up_to_date(ready: dict[str, dict[str, Any]], failed: dict[str, str]) -> Cohort | None:
        if any(name not in ready and name not in failed for name in names):
            return None
        good = [name for name in names if name not in failed]
        patients = recorded_labels(store, good, rules.patients)
        if patients is None:
            return None
        cohort = finished(ready, failed, patients)
        there = all(read_text(store, page) is not None for page in pages[0])
        return cohort if there and read_text(store, FILE) == _json(cohort) else None

    # The usual case needs neither lock nor a writable store.
    if (cohort := up_to_date(*look())) is not None:
        return cohort
    with nullcontext() if is_url(store) else locked(Path(store)):
        ready, failed = look()  # another process may have done the work meanwhile
        if (cohort := up_to_date(ready, failed)) is not None:
            return cohort
        if not is_url(store):
            stores.sweep_parts(Path(store))
        # Whose cases are is asked before any is read: it also tells whether its name may be shown.
        patients = _patients(source, rules, names, hopeless)
        failed |= hopeless
        keep_files(source, store)
        todo = [name for name in names if name not in ready and name not in failed]
        before = {name: _source_hash(stores.attributes(store, name)) for name in todo}
        work = partial(_prepare_one, source, store, states, rules)
        with closing(parallel.map(work, todo)) as outcomes:
            for _, outcome in zip(track(todo), outcomes, strict=False):
                name, attributes = outcome.case, outcome.attributes
                if attributes is None:
                    if not rules.skip_bad_cases:
                        raise DataError(outcome.reason, outcome.path)
                    failed[name] = outcome.reason
                    continue
                ready[name] = attributes
                if before[name] not in (None, attributes["source_sha256"]):
                    say(f"{name}: its source files changed since it was prepared; prepared anew")
        cohort = finished(ready, failed, patients)
        write_failures(store, states, rules.on_finding, failed)
        for name, text in pages[1](cohort).items():
            write_text(store, name, text)
        write_text(store, FILE, _json(cohort))  # last: it says that all the rest is there
    return cohort


def _names(source: Source, rules: Rules) -> tuple[list[str], dict[str, str]]:
    """Names of all cases, and why those are hopeless of which only half is there."""
    try:
        return source.cases(), {}
    except UnpairedError as error:
        if not rules.skip_bad_cases:
            raise
        return error.cases, {name: _about(name, reason) for name, reason in error.reasons.items()}


def _states(
    source: Source, names: list[str], settings: str, rules: Rules, hopeless: dict[str, str]
) -> dict[str, str]:
    """State of each case's files and of what they are read by; what has none joins `hopeless`."""
    states = {}
    for name in names:
        if name in hopeless:
            continue
        try:
            state = source.state(name)
        except DataError as error:
            if not rules.skip_bad_cases:
                raise
            hopeless[name] = _about(name, str(error))
            continue
        states[name] = hashlib.sha256(f"{settings}\n{state}".encode()).hexdigest()
    return states


def _patients(
    source: Source, rules: Rules, names: list[str], hopeless: dict[str, str]
) -> dict[str, str]:
    """A label for each case's patient; a case whose files cannot be read joins `hopeless`."""
    keys = {}
    for name in names:
        if name in hopeless:
            continue
        try:
            keys[name] = source.patient(name)
        except IdentityError:
            raise
        except DataError as error:
            if not rules.skip_bad_cases:
                raise
            hopeless[name] = _about(name, str(error))
    if rules.patients == "case":
        return {name: name for name in keys}
    return label_patients(keys)


def _prepare_one(
    source: Source, store: Place, states: Mapping[str, str], rules: Rules, name: str
) -> _Outcome:
    """Read, judge and store one case; runs in any process."""
    try:
        case = source.read(name)
        judge(case.audit["findings"], rules.on_finding, case.paths)
        stop_if_orphaned()
        return _Outcome(name, stores.write_case(store, case, states[name]))
    except DataError as error:
        return _Outcome(name, reason=_about(name, str(error)), path=error.path)


def _judged(ready: Mapping[str, dict[str, Any]], rules: Rules) -> dict[str, str]:
    """Cases of the store that the rules of today would not have taken."""
    failed = {}
    for name, attributes in ready.items():
        try:
            judge(attributes["audit"]["findings"], rules.on_finding)
        except DataError as error:
            if not rules.skip_bad_cases:
                raise DataError(_about(name, str(error))) from None
            failed[name] = _about(name, str(error))
    return failed


def _about(name: str, text: str) -> str:
    return text if text.startswith(f"{name}:") else f"{name}: {text}"


def _first(failed: Mapping[str, str]) -> str:
    return next(iter(failed.values()), "there are none")


def _source_hash(attributes: Mapping[str, Any] | None) -> str | None:
    return None if attributes is None else attributes["source_sha256"]


def _json(cohort: Cohort) -> str:
    return json.dumps(cohort.fingerprint(), indent=2, allow_nan=False) + "\n"
