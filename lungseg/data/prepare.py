"""Bring a store up to date with its source, one case at a time."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lungseg.data import store as stores
from lungseg.data.cohort import FILE, Cohort
from lungseg.data.damaged import damaged_cases
from lungseg.data.digests import PatientDigests, make_digests, read_key
from lungseg.data.inventory import Inventory, about_case, identify_patients, take_inventory
from lungseg.data.lock import locked
from lungseg.data.notes import keep_files, read_failures, recall_files, write_failures
from lungseg.data.pages import Pages
from lungseg.data.parallel import Parallel, stop_if_orphaned
from lungseg.data.patients import recorded_digests, recorded_labels, report_patients
from lungseg.data.place import Place, absolute, is_url, read_text, write_text
from lungseg.data.rules import Rules
from lungseg.data.seal import read_sealed, seal
from lungseg.data.source import Source
from lungseg.errors import DataError
from lungseg.findings import judge

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Outcome:
    """What became of one case that was read: attributes, or the reason why it failed."""

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
    pages: Pages | None = None,
    track: Callable[[list[str]], Iterable[str]] = iter,
    say: Callable[[str], None] = log.warning,
) -> Cohort:
    """Bring a store up to date with its source.

    Unchanged cases in the store are left alone; changed ones are prepared again, which is reported.
    A run that was killed leaves only whole cases behind; the next run continues after them.

    Args:
        source: Where cases come from.
        store: Path or URL of the store.
        settings: What the source's reading depends on beside its files: cases read with other
            settings are prepared again.
        rules: For findings and bad cases; by default the first of either stops everything.
        parallel: How many cases at once; one by default.
        pages: Files beside the cases that are made again when the cohort has changed.
        track: Wraps the list of cases to be read, as a progress bar does; advanced as they are
            done.
        say: Takes one line for the user.

    Returns:
        The cohort, its cases in the source's order.

    Raises:
        DataError: If a case cannot be prepared and is not to be skipped, or no case is left. Cases
            before it stay prepared, none half-written.
    """
    rules = rules or Rules()
    recall_files(source, store)
    update = _Update(
        source, store, rules, take_inventory(source, settings, rules), pages or Pages(), say
    )
    # Usually the store is up to date, which takes neither a lock nor a writable store to see.
    if (cohort := update.already_done(*update.progress())) is not None:
        return cohort
    with nullcontext() if is_url(store) else locked(Path(store)):
        # Another process may have done the work meanwhile.
        ready, failed = update.progress()
        if (cohort := update.already_done(ready, failed)) is not None:
            return cohort
        return update.carry_out(ready, failed, parallel or Parallel(), track)


@dataclass(frozen=True)
class _Update:
    """One update of a store, with all that it depends on."""

    source: Source
    store: Place
    rules: Rules
    inventory: Inventory
    pages: Pages
    say: Callable[[str], None]

    def progress(self) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Attributes of cases that are in the store and up to date; reasons of those that fail."""
        ready = {}
        damaged = damaged_cases(self.store)
        for name, state in self.inventory.states.items():
            stored = stores.attributes(self.store, name)
            if name not in damaged and stored is not None and stored["source_state"] == state:
                ready[name] = stored
        failed = dict(self.inventory.unusable)
        if self.rules.skip_bad_cases:
            failed |= read_failures(self.store, self.inventory.states, self.rules.on_finding)
        return ready, failed | _refused(ready, self.rules)

    def already_done(
        self, ready: dict[str, dict[str, Any]], failed: dict[str, str]
    ) -> Cohort | None:
        """The cohort, if nothing has to be done."""
        names = self.inventory.names
        if any(name not in ready and name not in failed for name in names):
            return None
        good = [name for name in names if name not in failed]
        patients = recorded_labels(self.store, good, self.rules.patients)
        if patients is None:
            return None
        digests = recorded_digests(self.store, _real(good, ready)) if self.rules.digests else None
        if self._wants_digests(digests, _real(good, ready)):
            return None
        cohort = self._cohort(ready, failed, patients, digests)
        complete = all(read_text(self.store, page) is not None for page in self.pages.names)
        return cohort if complete and _as_recorded(self.store, cohort) else None

    def carry_out(
        self,
        ready: dict[str, dict[str, Any]],
        failed: dict[str, str],
        parallel: Parallel,
        track: Callable[[list[str]], Iterable[str]],
    ) -> Cohort:
        """Read and store the cases that are missing, then write what describes the cohort."""
        if not is_url(self.store):
            stores.sweep_parts(Path(self.store))
        # Patients are identified before any case is read: a name that may not be shown stops here.
        patients = identify_patients(self.source, self.inventory, self.rules)
        failed |= patients.unreadable
        keep_files(self.source, self.store)
        todo = [name for name in self.inventory.names if name not in ready and name not in failed]
        self._read(todo, parallel, track, ready, failed)
        real = _real([name for name in ready if name not in failed], ready)
        key = self._key() if real else None
        digests = make_digests({name: patients.keys[name] for name in real}, key) if key else None
        cohort = self._cohort(ready, failed, patients.labels, digests)
        write_failures(self.store, self.inventory.states, self.rules.on_finding, failed)
        for name, text in self.pages.make(cohort).items():
            write_text(self.store, name, text)
        # Last: it means that all the rest exists.
        text = json.dumps(seal(_description(cohort)), indent=2, allow_nan=False)
        write_text(self.store, FILE, f"{text}\n")
        return cohort

    def _key(self) -> bytes | None:
        """The secret for digests of patients, or None where none are to be kept or can be."""
        if not self.rules.digests or self.rules.patient_key is None:
            return None
        return read_key(self.rules.patient_key, self.say)

    def _wants_digests(self, recorded: PatientDigests | None, names: list[str]) -> bool:
        """Whether digests of some cases' patients are to be made, and can be written."""
        if not names or not self.rules.digests:
            return False
        if not is_url(self.store) and not os.access(self.store, os.W_OK):
            return False
        key = self._key()
        return key is not None and (recorded is None or not recorded.made_with(key))

    def _read(
        self,
        todo: list[str],
        parallel: Parallel,
        track: Callable[[list[str]], Iterable[str]],
        ready: dict[str, dict[str, Any]],
        failed: dict[str, str],
    ) -> None:
        """Read and store cases; each is added to `ready` or `failed`."""
        before = {name: stores.attributes(self.store, name) for name in todo}
        damaged = damaged_cases(self.store)
        # joblib reuses its processes, which stay in the folder where they were started.
        store = absolute(self.store)
        work = partial(_prepare_case, self.source, store, self.inventory.states, self.rules)
        with closing(parallel.map(work, todo)) as outcomes:
            for _, outcome in zip(track(todo), outcomes, strict=False):
                name, attributes = outcome.case, outcome.attributes
                if attributes is None:
                    if not self.rules.skip_bad_cases:
                        raise DataError(outcome.reason, outcome.path)
                    failed[name] = outcome.reason
                    continue
                ready[name] = attributes
                old = before[name]
                if old is not None and old["source_sha256"] != attributes["source_sha256"]:
                    self.say(f"{name}: its source files changed; prepared again")
                elif name in damaged:
                    self.say(f"{name}: was damaged in the store; prepared again")

    def _cohort(
        self,
        ready: Mapping[str, dict[str, Any]],
        failed: Mapping[str, str],
        patients: Mapping[str, str],
        digests: PatientDigests | None,
    ) -> Cohort:
        names = self.inventory.names
        good = {name: ready[name] for name in names if name in ready and name not in failed}
        if not good:
            first = next(iter(failed.values()), "there are none")
            raise DataError(f"none of the {len(names)} cases could be prepared: {first}")
        labels = {name: patients[name] for name in good}
        report_patients(labels, self.say)
        return Cohort(
            str(self.store),
            good,
            labels,
            {name: failed[name] for name in names if name in failed},
            self.rules.patients,
            digests,
        )


def _real(names: Iterable[str], ready: Mapping[str, dict[str, Any]]) -> list[str]:
    """Cases of patients: equal PatientIDs of synthetic cases mean nothing."""
    return [name for name in names if not ready[name]["fingerprint"].get("synthetic")]


def _prepare_case(
    source: Source, store: Place, states: Mapping[str, str], rules: Rules, name: str
) -> _Outcome:
    """Read, judge and store one case; runs in any process."""
    try:
        case = source.read(name)
        judge(case.audit["findings"], rules.on_finding, case.paths)
        stop_if_orphaned()
        return _Outcome(name, stores.write_case(store, case, states[name]))
    except DataError as error:
        return _Outcome(name, reason=about_case(name, str(error)), path=error.path)


def _refused(ready: Mapping[str, dict[str, Any]], rules: Rules) -> dict[str, str]:
    """Cases in the store that the present rules do not accept, with the reason."""
    reasons = {}
    for name, attributes in ready.items():
        try:
            judge(attributes["audit"]["findings"], rules.on_finding)
        except DataError as error:
            if not rules.skip_bad_cases:
                raise DataError(about_case(name, str(error))) from None
            reasons[name] = about_case(name, str(error))
    return reasons


def _as_recorded(store: Place, cohort: Cohort) -> bool:
    """Whether a store describes this cohort, with a hash or, in older stores, without."""
    try:
        return bool(read_sealed(store, FILE) == json.loads(json.dumps(_description(cohort))))
    except ValueError:  # damaged
        return False


def _description(cohort: Cohort) -> dict[str, Any]:
    content = cohort.fingerprint()
    if cohort.patient_digests is not None:
        content["patient_digests"] = cohort.patient_digests.plain()
    return content
