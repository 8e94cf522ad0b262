"""Which cases are of one patient."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from lungseg.data.cohort import FILE
from lungseg.data.digests import PatientDigests
from lungseg.data.place import Place, read_text


def label_patients(keys: Mapping[str, str | Collection[str]]) -> dict[str, str]:
    """A label for each case's patient: the name of the patient's first case.

    Args:
        keys: By case, what :meth:`lungseg.data.source.Source.patient` gives. Cases that share a key
            are of one patient, and so are those that others link; a case without any is alone.
    """
    parent = {name: name for name in keys}

    def first(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    order = {name: k for k, name in enumerate(keys)}
    owner: dict[str, str] = {}
    for name, own in keys.items():
        for key in [own] if isinstance(own, str) else own:
            if key:
                one, other = first(owner.setdefault(key, name)), first(name)
                older, newer = sorted((one, other), key=order.__getitem__)
                parent[newer] = older
    return {name: first(name) for name in keys}


def recorded_labels(store: Place, names: Collection[str], rule: str) -> dict[str, str] | None:
    """Labels that a store's cohort has, or None where it is of other cases or by another rule.

    They hold as long as no case's files have changed.
    """
    text = read_text(store, FILE)
    known = json.loads(text) if text else {}
    if known.get("patients_by") != rule or {*known["patients"]} != {*names}:
        return None
    return {name: known["patients"][name] for name in names}


def recorded_digests(store: Place, names: Collection[str]) -> PatientDigests | None:
    """Digests of these cases' patients that a store's cohort has."""
    text = read_text(store, FILE)
    recorded = PatientDigests.of(json.loads(text).get("patient_digests")) if text else None
    return recorded.of_cases(names) if recorded else None


def tell_patients(labels: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Say which cases are of one patient."""
    if len(labels) > 1 and len({*labels.values()}) == 1:
        say(
            "all cases have one and the same PatientID or study, so no split can part them; if that"
            " is no patient's (de-identifiers blank it), data.patients=case takes each case for a"
            " patient"
        )
        return
    for label, count in Counter(labels.values()).items():
        if count > 1:
            same = ", ".join(name for name in labels if labels[name] == label)
            say(
                f"{same}: of one patient by their PatientID, study, or name and birth date; never"
                " split between sets"
            )
