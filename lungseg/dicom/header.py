"""Values of a header that are kept, and keywords of identifying attributes that are not."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lungseg.dicom.values import value_of

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataelem import DataElement, RawDataElement

# Every attribute of which a value is kept. Only PatientSex is in the table of PS3.15, and it is
# reduced to a letter.
KEPT = ("PatientSex", "Manufacturer", "ManufacturerModelName", "SyntheticData")
SCANNER_LENGTH = 64
# In addition to all person names, dates and date-times.
IDENTIFYING = (
    "PatientID",
    "OtherPatientIDs",
    "PatientBirthTime",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientComments",
    "AdditionalPatientHistory",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "ReferringPhysicianAddress",
    "ReferringPhysicianTelephoneNumbers",
    "StationName",
    "DeviceSerialNumber",
    "AccessionNumber",
    "StudyComments",
    "ImageComments",
    "MilitaryRank",
    "Occupation",
    "CountryOfResidence",
    "RegionOfResidence",
)
NESTED_DEPTH = 8
# Beginnings of words that replace a removed name.
PLACEHOLDERS = (
    *("anon", "deident", "hidden", "masked", "name", "none", "patient", "phantom", "pseudo"),
    *("redact", "remove", "subject", "synthetic", "test", "unknown"),
)


def kept(dataset: Dataset) -> dict[str, str | bool]:
    """``sex`` (M, F, O or empty), ``scanner``, ``synthetic``, without any identity."""
    sex = str(value_of(dataset, "PatientSex") or "").strip().upper()
    names = (value_of(dataset, "Manufacturer"), value_of(dataset, "ManufacturerModelName"))
    scanner = " ".join(str(name) for name in names if name)
    return {
        "sex": sex if sex in ("M", "F", "O") else "",
        "scanner": " ".join(re.sub(r"[^A-Za-z0-9 ._/()+-]", " ", scanner).split())[:SCANNER_LENGTH],
        "synthetic": is_synthetic(dataset),
    }


def is_synthetic(dataset: Dataset) -> bool:
    """Whether a header says that its image was computed (0008,001C)."""
    # By tag: older dictionaries do not have the keyword SyntheticData.
    synthetic = dataset.get((0x0008, 0x001C))
    return synthetic is not None and str(synthetic.value).strip() == "YES"


def identifiers(dataset: Dataset, *, nested: bool) -> set[str]:
    """Keywords of non-empty attributes that may identify someone, without their values.

    Args:
        dataset: A header.
        nested: Also search sequences.

    Returns:
        If the file states that identity was removed (0012,0062), only those that contradict this,
        with a remark: PatientBirthDate, and a PatientName that is not a pseudonym.
    """
    if str(value_of(dataset, "PatientIdentityRemoved") or "").strip().upper() == "YES":
        return {f"{keyword} (though it claims to be de-identified)" for keyword in _left(dataset)}
    return _identifiers(dataset, NESTED_DEPTH if nested else 0)


def _left(dataset: Dataset) -> set[str]:
    name, patient, birth = (
        str(value_of(dataset, keyword) or "").strip("^ \0")
        for keyword in ("PatientName", "PatientID", "PatientBirthDate")
    )
    keywords = {"PatientBirthDate"} if birth else set()
    if name != patient and like_a_person(name):
        keywords.add("PatientName")
    return keywords


def like_a_person(name: str) -> bool:
    """Whether a name has words other than placeholders, and has several parts or no digits."""
    words = [word for word in re.split(r"[\W\d_]+", name) if len(word) > 1]
    if any(word.casefold().startswith(PLACEHOLDERS) for word in words):
        return False
    return bool(words) and ("^" in name or not any(letter.isdigit() for letter in name))


def _identifiers(dataset: Dataset, depth: int) -> set[str]:
    from pydicom.datadict import dictionary_VR

    known = _identifying_tags()
    keywords = {
        known[tag]
        for tag in dataset.keys()  # noqa: SIM118  # iterating over a dataset itself converts it
        if tag in known and _filled(dataset.get_item(tag))
    }
    if depth:
        for tag in list(dataset.keys()):
            element = dataset.get_item(tag)
            vr = element.VR if element is not None else None
            if vr is None and not tag.is_private:
                try:
                    vr = dictionary_VR(tag)
                except KeyError:
                    continue
            if vr == "SQ":
                for item in dataset[tag].value or ():
                    keywords |= _identifiers(item, depth - 1)
    return keywords


def _filled(element: DataElement | RawDataElement | None) -> bool:
    value = None if element is None else element.value
    if isinstance(value, bytes):
        return bool(value.strip(b"^ \0"))
    return bool(str("" if value is None else value).strip("^ "))


@cache
def _identifying_tags() -> dict[int, str]:
    from pydicom._dicom_dict import DicomDictionary
    from pydicom.datadict import tag_for_keyword

    tags = {
        tag: keyword
        for tag, (vr, _, _, _, keyword) in DicomDictionary.items()
        if vr in ("PN", "DA", "DT") and keyword and tag >> 16 > 2
    }
    for keyword in IDENTIFYING:
        tag = tag_for_keyword(keyword)
        if tag is not None:
            tags[tag] = keyword
    return tags
