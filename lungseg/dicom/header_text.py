"""Attributes of a header as text, in the forms that the standard allows."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from lungseg.dicom.head import text_of

if TYPE_CHECKING:
    from pydicom import Dataset

# Values of other forms are left out: a date such as 2004.01.19 would make the object invalid.
FORMS = {
    "DA": r"\d{8}",
    "TM": r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?",
    "CS": r"[A-Z0-9_ ]{1,16}(\\[A-Z0-9_ ]{1,16})*",
    "AS": r"\d{3}[DWMY]",
    "DS": r"\d{1,8}(\.\d{0,7})?(\\\d{1,8}(\.\d{0,7})?)*",
}
LENGTHS = {"SH": 16, "LO": 64, "LT": 10240}
ALLOWED = {
    "PatientSex": ("M", "F", "O"),
    "PatientIdentityRemoved": ("YES", "NO"),
    "LossyImageCompression": ("00", "01"),
    "LongitudinalTemporalInformationModified": ("UNMODIFIED", "MODIFIED", "REMOVED"),
}


def text_in(ds: Dataset, keyword: str) -> str:
    """The text of an attribute in the file's character set, without control characters."""
    from pydicom.datadict import tag_for_keyword

    element: Any = ds.get_item(tag_for_keyword(keyword) or 0)
    value = None if element is None else element.value
    if isinstance(value, bytes):
        names = ds.get("SpecificCharacterSet") or ""
        joined = names if isinstance(names, str) else "\\".join(map(str, names))
        value = text_of(value, joined.encode("latin-1", "replace"))
    elif value is None:
        return ""
    elif not isinstance(value, str) and hasattr(value, "__iter__") and element.VR != "PN":
        value = "\\".join(map(str, value))
    return re.sub(r"[\x00-\x1f]", " ", str(value)).strip()


def valid_text(ds: Dataset, keyword: str, *, keep_long: bool = False) -> str:
    """The text of an attribute; empty if its form is not one that the standard allows.

    Args:
        ds: A header.
        keyword: Of the attribute.
        keep_long: Keep names and identifiers that are too long, by which archives know a study.
    """
    from pydicom.datadict import dictionary_VM, dictionary_VR

    vr, text = dictionary_VR(keyword), text_in(ds, keyword)
    if dictionary_VM(keyword) == "1" and vr != "LT":
        text = text.split("\\")[0].strip()
    if vr in FORMS and not re.fullmatch(FORMS[vr], text):
        return ""
    if vr == "DA" and not _is_day(text):
        return ""
    if not keep_long and len(text) > LENGTHS.get(vr, len(text)):
        return ""
    return text if text in ALLOWED.get(keyword, (text,)) else ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
