"""Which cases belong to one patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any

from lungseg.data.cohort import FILE
from lungseg.data.digests import PatientDigests
from lungseg.data.place import Place
from lungseg.data.seal import read_sealed


def label_patients(keys: Mapping[str, str | Collection[str]]) -> dict[str, str]:
    """A label for each case's patient: the name of the patient's first case.

    Args:
        keys: By case, what :meth:`lungseg.data.source.Source.patient` gives. Cases that share a key
            belong to one patient, also by way of others; a case without a key is alone.
    """
    parent = {name: name for name in keys}

    def first(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    order = {name: k for k, name in enumerate(keys)}
    owner: dict[str, str] = {}
    for name, keys_of_case in keys.items():
        for key in [keys_of_case] if isinstance(keys_of_case, str) else keys_of_case:
            if key:
                pair = first(owner.setdefault(key, name)), first(name)
                older, newer = sorted(pair, key=order.__getitem__)
                parent[newer] = older
    return {name: first(name) for name in keys}


def recorded_labels(store: Place, names: Collection[str], rule: str) -> dict[str, str] | None:
    """Labels in a store's cohort, or None if they are of other cases or by another rule.

    They are valid as long as no case's files have changed.
    """
    known = _recorded(store)
    if known.get("patients_by") != rule or {*known["patients"]} != {*names}:
        return None
    return {name: known["patients"][name] for name in names}


def recorded_digests(store: Place, names: Collection[str]) -> PatientDigests | None:
    """Digests of these cases' patients that a store's cohort has."""
    recorded = PatientDigests.of(_recorded(store).get("patient_digests"))
    return recorded.of_cases(names) if recorded else None


def _recorded(store: Place) -> dict[str, Any]:
    """What a store's cohort says; nothing if that is damaged, and has to be written again."""
    try:
        return read_sealed(store, FILE) or {}
    except ValueError:
        return {}


def report_patients(labels: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Report which cases belong to one patient."""
    if len(labels) > 1 and len({*labels.values()}) == 1:
        say(
            "all cases have the same PatientID or study, so no split can separate them; if that is"
            " not a patient's (de-identifiers blank it), data.patients=case makes each case a"
            " patient"
        )
        return
    for label, count in Counter(labels.values()).items():
        if count > 1:
            same = ", ".join(name for name in labels if labels[name] == label)
            say(
                f"{same}: same patient by PatientID, study, or name and birth date; never split"
                " between sets"
            )
