"""What a source offers, before any case is read: names, states of files, patients."""

from __future__ import annotations

import hashlib
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


def identify_patients(
    source: Source, inventory: Inventory, rules: Rules
) -> tuple[dict[str, str], dict[str, str]]:
    """Label the patient of each usable case.

    Returns:
        Labels by case, equal for cases of one patient; and cases whose files cannot be read, with
        the reason.

    Raises:
        DataError: If a case's files cannot be read, and it is not to be skipped.
        IdentityError: If a case's name identifies its patient.
    """
    keys, failed = {}, {}
    for name in inventory.states:
        try:
            keys[name] = source.patient(name)
        except IdentityError:
            raise
        except DataError as error:
            if not rules.skip_bad_cases:
                raise
            failed[name] = about_case(name, str(error))
    if rules.patients == "case":
        return {name: name for name in keys}, failed
    return label_patients(keys), failed


def about_case(name: str, message: str) -> str:
    """A message that begins with the case's name."""
    return message if message.startswith(f"{name}:") else f"{name}: {message}"
