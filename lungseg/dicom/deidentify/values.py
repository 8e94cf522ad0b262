"""Single values: dummies, and whether a value conforms to its VR."""

from __future__ import annotations

import re
from typing import Any

DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
    "UR": "urn:removed",
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW", "UN"), b"\0" * 8),
    **dict.fromkeys(("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"), 0),
}
FORMS = {
    "AS": re.compile(r"\d{3}[DWMY]"),
    "CS": re.compile(r"[A-Z0-9 _]{0,16}"),
    "DS": re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *"),
    "IS": re.compile(r" *[+-]?\d{1,12} *"),
    # Limits for kept texts: longer ones were probably typed.
    "LO": re.compile(r"[^\x00-\x1f\x7f]{0,64}"),
    "SH": re.compile(r"[^\x00-\x1f\x7f]{0,16}"),
}
# Option 113108 keeps these characteristics of a patient, in these forms only.
CHARACTERISTICS = {
    "PatientSex": re.compile("[MFO]"),
    "PatientAge": FORMS["AS"],
    "PatientSize": FORMS["DS"],
    "PatientWeight": FORMS["DS"],
    "SmokingStatus": re.compile("YES|NO|UNKNOWN"),
    "PregnancyStatus": re.compile("[1-4]"),
}
OLDEST = "089Y"


def dummy(vr: str) -> Any:
    """A value without meaning that the VR allows."""
    return DUMMIES.get(vr, "REMOVED")


def parts(value: Any) -> list[str]:
    """The text of each of an element's values, as written in the file if that is known."""
    from pydicom.multival import MultiValue

    values = value if isinstance(value, (list, MultiValue)) else [] if value is None else [value]
    return [str(getattr(item, "original_string", item)) for item in values]


def well_formed(vr: str, value: Any) -> bool:
    """Whether each value has the form that its VR requires; other values may hide names."""
    form = FORMS.get(vr)
    return form is None or all(form.fullmatch(part) or not part for part in parts(value))


def characteristic(keyword: str, value: Any) -> Any:
    """A patient's characteristic as kept by option 113108, or None.

    Ages of 90 years and more are given as 90, since such an age alone may identify a person.
    """
    form = CHARACTERISTICS.get(keyword)
    texts = parts(value)
    if form is None or len(texts) != 1 or not form.fullmatch(texts[0]):
        return None
    if keyword == "PatientAge" and texts[0].endswith("Y") and texts[0] > OLDEST:
        return "090Y"
    return value
