"""What a source offers, before any case is read: names, states of files, patients."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from lungseg.data.patients import label_patients
from lungseg.data.rules import Rules
from lungseg.data.source import Source, UnpairedError
from lungseg.errors import DataError, IdentityError


@dataclass(frozen=True)
class Inventory:
    """Cases of a source.

    Attributes:
        names: All cases, in the source's order.
        states: Hash of each case's files and of the settings by which they are read.
        unusable: Cases known to fail without being read, with the reason.
    """

    names: list[str]
    states: dict[str, str]
    unusable: dict[str, str]


def take_inventory(source: Source, settings: str, rules: Rules) -> Inventory:
    """List a source's cases and the states of their files.

    Raises:
        DataError: If a case is incomplete or its files are missing, and is not to be skipped.
    """
    names, unusable = _names(source, rules)
    states = {}
    for name in names:
        if name in unusable:
            continue
        try:
            state = source.state(name)
        except DataError as error:
            if not rules.skip_bad_cases:
                raise
            unusable[name] = about_case(name, str(error))
            continue
        states[name] = hashlib.sha256(f"{settings}\n{state}".encode()).hexdigest()
    return Inventory(names, states, unusable)


def _names(source: Source, rules: Rules) -> tuple[list[str], dict[str, str]]:
    """Names of all cases, and why the incomplete ones cannot be used."""
    try:
        return source.cases(), {}
    except UnpairedError as error:
        if not rules.skip_bad_cases:
            raise
        reasons = {name: about_case(name, reason) for name, reason in error.reasons.items()}
        return error.cases, reasons


@dataclass(frozen=True)
class Patients:
    """Whose the cases are.

    Attributes:
        labels: By case, equal for cases of one patient.
        keys: By case, what tells its patient from others; in memory only.
        unreadable: Cases whose files cannot be read, with the reason.
    """

    labels: dict[str, str]
    keys: dict[str, str | Collection[str]]
    unreadable: dict[str, str]


def identify_patients(source: Source, inventory: Inventory, rules: Rules) -> Patients:
    """Identify the patient of each usable case.

    Raises:
        DataError: If a case's files cannot be read, and it is not to be skipped.
        IdentityError: If a case's name identifies its patient.
    """
    keys: dict[str, str | Collection[str]] = {}
    unreadable = {}
    for name in inventory.states:
        try:
            keys[name] = source.patient(name)
        except IdentityError:
            raise
        except DataError as error:
            if not rules.skip_bad_cases:
                raise
            unreadable[name] = about_case(name, str(error))
    alone = rules.patients == "case"
    labels = {name: name for name in keys} if alone else label_patients(keys)
    return Patients(labels, keys, unreadable)


def about_case(name: str, message: str) -> str:
    """A message that begins with the case's name."""
    return message if message.startswith(f"{name}:") else f"{name}: {message}"
