"""Cases that a model has seen before: they are no test, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.data.digests import PatientDigests
from lungseg.errors import ConfigError
from lungseg.runs.lineage import lineage

STRONGEST_LAST = ("test", "val", "train")
"""Where a scan or a patient was in two sets, that the model was trained on it is what counts."""
BY_PATIENT = "by their patient (PatientID, study, or name and birth date)"
OFF = "data.patients=case would compare images only"


@dataclass(frozen=True)
class Known:
    """Sets of a cohort that a model may have seen.

    Attributes:
        sets: Names of cases by set; ``test`` has all that were neither trained on nor chosen by.
        lines: Which cases were recognised, and by what.
    """

    sets: dict[str, list[str]]
    lines: list[str]


def recognise(cohort: Cohort, record: Mapping[str, Any]) -> Known:
    """Recognise cases by their images, and by their patients where both cohorts know them.

    Args:
        cohort: Cases to evaluate.
        record: Of the checkpoint: its sets, and of each case a hash and digests of its patient.

    Raises:
        ConfigError: If no case is left to test, or the record is too old to tell.
    """
    by_image, by_patient = sets_seen(cohort, record, "ckpt")
    sets: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for name in cohort.names:
        sets[by_patient.get(name, "test")].append(name)
    lines = []
    for set_name in ("train", "val"):
        same = [name for name in sets[set_name] if by_image.get(name) == set_name]
        related = [name for name in sets[set_name] if name not in same]
        for names, how in ((same, "by their images"), (related, f"{BY_PATIENT}; {OFF}")):
            if names:
                lines.append(
                    f"{', '.join(names)}: known from the checkpoint's {set_name} set {how}; shown"
                    " as such"
                )
    if not sets["test"]:
        hint = f"; {OFF}" if any(OFF in line for line in lines) else ""
        raise ConfigError(
            f"data: the model was trained on every one of these cases; none can test{hint}"
        )
    return Known({name: cases for name, cases in sets.items() if cases}, lines)


def sets_seen(
    cohort: Cohort, record: Mapping[str, Any], setting: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The set of a model's training that each case it may have seen was in.

    A training that started from the weights of another one has seen what that one saw.

    Args:
        cohort: Cases to look up.
        record: Of the checkpoint.
        setting: That names the checkpoint, for the error.

    Returns:
        Sets by case: of those with the very image, and of those or whose patient was seen.

    Raises:
        ConfigError: If the record is too old to tell.
    """
    if "image_sha256" not in record:
        raise ConfigError(
            f"{setting}: written by an older lungseg, it does not tell which scans it was trained"
            " on; train again"
        )
    by_image: dict[str, list[str]] = {}
    by_patient: dict[str, list[str]] = {}
    for one in lineage(record):
        seen = _set_by_mark(one, {name: [own] for name, own in one["image_sha256"].items()})
        same = {name: seen[image] for name, image in cohort.image_sha256.items() if image in seen}
        for found, sets in ((by_image, same), (by_patient, _by_patient(cohort, one, same))):
            for name, set_name in sets.items():
                found.setdefault(name, []).append(set_name)
    strongest = [
        {name: max(sets, key=STRONGEST_LAST.index) for name, sets in found.items()}
        for found in (by_image, by_patient)
    ]
    return strongest[0], strongest[1]


def patients_not_compared(cohort: Cohort, record: Mapping[str, Any]) -> str | None:
    """Why patients of a cohort are not compared with those of a checkpoint; None where they are.

    Those of trainings before it count as well.
    """
    if cohort.patients_by == "case":
        return "data.patients=case"
    reasons = [_not_compared(cohort, one) for one in lineage(record)]
    return next((reason for reason in reasons if reason is not None), None)


def _not_compared(cohort: Cohort, record: Mapping[str, Any]) -> str | None:
    theirs, ours = PatientDigests.of(record.get("patient_digests")), cohort.patient_digests
    for digests, whose in ((theirs, "the checkpoint"), (ours, "this cohort")):
        if digests is None or digests.key is None:
            return f"{whose} has no digests of patients"
    assert theirs is not None
    assert ours is not None
    if theirs.key != ours.key:
        return "their digests were made with another secret key (data.patient_key)"
    return None


def _by_patient(
    cohort: Cohort, record: Mapping[str, Any], by_image: dict[str, str]
) -> dict[str, str]:
    """The set of each case of which any scan of the same patient was seen."""
    digests: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    theirs, ours = PatientDigests.of(record.get("patient_digests")), cohort.patient_digests
    if theirs and ours and cohort.patients_by != "case" and not _not_compared(cohort, record):
        digests, seen = ours.cases, _set_by_mark(record, theirs.cases)
    found: dict[str, list[str]] = {}
    for name in cohort.names:
        of_patient = found.setdefault(cohort.patients.get(name, name), [])
        of_patient += [by_image[name]] if name in by_image else []
        of_patient += [seen[digest] for digest in digests.get(name, []) if digest in seen]
    return {
        name: max(found[label], key=STRONGEST_LAST.index)
        for name in cohort.names
        if found[label := cohort.patients.get(name, name)]
    }


def _set_by_mark(record: Mapping[str, Any], marks: dict[str, list[str]]) -> dict[str, str]:
    """The checkpoint's set of each mark of its cases, such as the hash of an image."""
    return {
        mark: set_name
        for set_name in STRONGEST_LAST
        for case in record["split"].get(set_name, [])
        for mark in marks.get(case, [])
    }
