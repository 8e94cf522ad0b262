"""Values of a header. Slices of a series share most of them, so each value is converted once."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

from lungseg.dicom.limits import RefusedError

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataelem import RawDataElement


def value_of(dataset: Dataset, keyword: str) -> Any:
    """The value of an attribute; None if it is missing or empty.

    The object is shared and must not be changed.

    Raises:
        RefusedError: If the value is malformed.
    """
    element = dataset.get_item(_tag(keyword))
    if element is None:
        return None
    try:
        if isinstance(element, tuple) and isinstance(element.value, bytes):
            raw = cast("RawDataElement", element)
            value = _converted(
                int(raw.tag), raw.VR, element.value, raw.is_implicit_VR, raw.is_little_endian
            )
        else:
            value = dataset[element.tag].value
    except Exception:  # pydicom raises errors of every kind
        raise malformed(keyword) from None
    return None if value == "" else value


def whole_number(dataset: Dataset, keyword: str) -> int | None:
    """The value of an attribute with one whole number; None if it is missing or empty.

    Raises:
        RefusedError: If the value is something else.
    """
    value = value_of(dataset, keyword)
    if isinstance(value, bytes):  # implicit VR does not say whether a word is signed
        value = int.from_bytes(value[:2], "little")
    if value is None:
        return None
    try:
        if float(value).is_integer():
            return int(value)
    except (OverflowError, TypeError, ValueError):
        pass
    raise malformed(keyword)


def malformed(keyword: str) -> RefusedError:
    """The error for a malformed attribute."""
    return RefusedError(f"{keyword} is malformed")


@cache
def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag


@lru_cache(maxsize=512)
def _converted(tag: int, vr: str | None, value: bytes, implicit: bool, little: bool) -> Any:
    from pydicom.dataelem import RawDataElement, convert_raw_data_element
    from pydicom.tag import BaseTag

    raw = RawDataElement(BaseTag(tag), vr, len(value), value, 0, implicit, little)
    return convert_raw_data_element(raw).value
