"""De-identification of one data set, in place, at any depth of sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lungseg
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from lungseg.dicom.deidentify.table import EDITION, action
from lungseg.dicom.deidentify.values import characteristic, dummy, parts, well_formed

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset

Rename = Callable[[Sequence[str]], Mapping[str, str]]
Changes = Counter[tuple[int, str]]
"""Number of changes, by tag and action."""

IDS = ("PatientID", "AccessionNumber", "StudyID", "PatientName")
SHORTEST_ID = 4
"""Shorter values are equal to others by chance."""
TEXTS = ("LO", "LT", "SH", "ST", "UC", "UT")
NUMBERS = ("AcquisitionNumber", "SeriesNumber")

PROFILE = ("113100", "Basic Application Confidentiality Profile")
CHARACTERISTICS = ("113108", "Retain Patient Characteristics Option")


@dataclass(frozen=True)
class DeidentifyOptions:
    """How data sets are de-identified.

    Attributes:
        pseudonyms: Replacements of IDs and UIDs.
        rename: Maps names of structures to new names, for those that may keep a meaning. The others
            become ``ROI_<n>``.
        retain_patient_characteristics: Keep sex, age, size, weight, smoking and pregnancy status.
    """

    pseudonyms: Pseudonyms
    rename: Rename
    retain_patient_characteristics: bool = False


def deidentify(dataset: Dataset, options: DeidentifyOptions) -> Changes:
    """De-identify a data set by the Basic Profile of PS3.15.

    Args:
        dataset: CT, RT Structure Set or Segmentation; changed in place.
        options: How it is de-identified.

    Returns:
        The changes, without any values.
    """
    changes: Changes = Counter()
    patient = patient_of(dataset, options.pseudonyms)
    names = _new_names(dataset, options.rename)
    _clean(dataset, options, changes, _ids(dataset))
    _name_structures(dataset, names, changes)
    dataset.PatientID = dataset.PatientName = patient
    _say_how(dataset, options)
    return changes


def patient_of(dataset: Dataset, pseudonyms: Pseudonyms) -> str:
    """The patient's pseudonym; without a PatientID each study counts as one patient."""
    patient_id = str(dataset.get("PatientID", "") or "").strip()
    return pseudonyms.patient(patient_id or f"study {dataset.get('StudyInstanceUID', '')}")


def _ids(dataset: Dataset) -> frozenset[str]:
    """Values that identify the patient, which some hospitals write into other attributes too."""
    values = (str(dataset.get(keyword, "") or "").strip() for keyword in IDS)
    return frozenset(value for value in values if len(value) >= SHORTEST_ID)


def _clean(
    dataset: Dataset, options: DeidentifyOptions, changes: Changes, ids: frozenset[str]
) -> None:
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
            done = _clean_element(dataset, element, options, changes, ids)
        except Exception:  # an unreadable value; pydicom raises errors of every kind
            done = "removed"
        if done == "removed":
            del dataset[tag]
        if done is not None:
            changes[int(tag), done] += 1


def _clean_element(
    dataset: Dataset,
    element: DataElement,
    options: DeidentifyOptions,
    changes: Changes,
    ids: frozenset[str],
) -> str | None:
    """Change an element and return the action; the caller removes elements."""
    what = action(int(element.tag), element.VR)
    if options.retain_patient_characteristics:
        kept = characteristic(element.keyword, element.value)
        if kept is not None:
            element.value = kept
            return "kept (113108)"
    if element.keyword == "PatientID" and what is not None:
        element.value = options.pseudonyms.patient(str(element.value or ""))
        return "pseudonym"
    if what == "remove":
        return "removed"
    if what == "walk":
        # Copies do not depend on how the original encoded lengths.
        element.is_undefined_length = False
        for item in element.value:
            item.is_undefined_length_sequence_item = False
            _clean(item, options, changes, ids)
        return None
    if what == "uid":
        return _replace_uids(element, options.pseudonyms)
    if what == "dummy":
        element.value = dummy(element.VR)
        return "dummy"
    repeats = (element.VR in TEXTS or element.keyword in NUMBERS) and not ids.isdisjoint(
        str(value).strip() for value in parts(element.value)
    )
    if what == "empty" or repeats or not well_formed(element.VR, element.value):
        if element.is_empty:
            return None
        element.value = [] if element.VR == "SQ" else None
        return "emptied"
    return None


def _replace_uids(element: DataElement, pseudonyms: Pseudonyms) -> str | None:
    old = parts(element.value)
    new = [pseudonyms.uid(uid) for uid in old]
    if new == old:
        return None
    element.value = new if len(new) > 1 else new[0]
    return "new UID"


def _new_names(dataset: Dataset, rename: Rename) -> list[str]:
    """New names of the structures or segments, in the file's order."""
    names = [str(item.get(key, "")) for item, key in _structures(dataset)]
    known = rename(names)
    return [known.get(name, f"ROI_{n}") for n, name in enumerate(names, start=1)]


def _structures(dataset: Dataset) -> list[tuple[Dataset, str]]:
    return [
        (item, keyword)
        for sequence, keyword in (
            ("StructureSetROISequence", "ROIName"),
            ("SegmentSequence", "SegmentLabel"),
        )
        for item in dataset.get(sequence, None) or []
    ]


def _name_structures(dataset: Dataset, names: list[str], changes: Changes) -> None:
    for (item, keyword), name in zip(_structures(dataset), names, strict=True):
        setattr(item, keyword, name)
        if "TrackingID" in item:
            item.TrackingID = name
        changes[int(item[keyword].tag), "renamed"] += 1
    if "StructureSetROISequence" in dataset:
        dataset.StructureSetLabel = "STRUCTURES"
    if "SegmentSequence" in dataset:
        dataset.ContentLabel = "SEGMENTATION"


def _say_how(dataset: Dataset, options: DeidentifyOptions) -> None:
    from pydicom import Dataset as New

    applied = [PROFILE]
    if options.retain_patient_characteristics:
        applied.append(CHARACTERISTICS)
    codes: list[Any] = []
    for value, meaning in applied:
        code = New()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
        codes.append(code)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = [
        f"PS3.15 {EDITION} Basic Profile",
        f"lungseg {lungseg.__version__}",
    ]
    dataset.DeidentificationMethodCodeSequence = codes
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
