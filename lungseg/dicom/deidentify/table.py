"""Actions of PS3.15 table E.1-1 by attribute, and the choices made where it allows several."""

from __future__ import annotations

from functools import cache
from typing import Literal

Action = Literal["remove", "empty", "dummy", "uid", "walk"]

EDITION = "2026c"

# Where the table allows several actions (X/Z, X/D, Z/D, X/Z/D), an attribute is removed unless CT,
# Enhanced CT, RT Structure Set or Segmentation require it: empty for type 2, a dummy for type 1.
EMPTY_IN_OUR_KINDS = {
    "ContentCreatorName",
    "ContrastBolusAgent",
    "OperatorsName",
    "AcquisitionContextSequence",
    "ReviewerName",
}
DUMMY_IN_OUR_KINDS = {
    "ContentDate",
    "ContentTime",
    "AcquisitionDateTime",
    "DeviceSerialNumber",
}

# Text that is not in the table and that files need, or that describes scanner and reconstruction.
# Any other text may contain anything that was typed: it is emptied.
KEPT_TEXT = {
    "CodeMeaning",
    "CodeValue",
    "CodingSchemeDesignator",
    "CodingSchemeVersion",
    "ConvolutionKernel",
    "DimensionDescriptionLabel",
    "FilterType",
    "Manufacturer",
    "ManufacturerModelName",
    "RescaleType",
    "SegmentAlgorithmName",
    "SoftwareVersions",
    "StackID",
}
# Bytes that are pixels or lookup tables; any other bytes may contain anything.
KEPT_BYTES = {
    "BluePaletteColorLookupTableData",
    "DoubleFloatPixelData",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "FloatPixelData",
    "GreenPaletteColorLookupTableData",
    "LUTData",
    "PixelData",
    "RedPaletteColorLookupTableData",
}
TEXT = {"LO", "LT", "SH", "ST", "UC", "UR", "UT"}
BYTES = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}
PERSONS_TIMES_PLACES = {"AE", "DA", "DT", "PN", "TM"}


@cache
def profile() -> dict[int, Action]:
    """The action for each single attribute of the table."""
    from dicomanonymizer.dicom_anonymization_databases import (  # type: ignore[import-untyped]
        dicomfields_2026c as fields,
    )
    from pydicom.datadict import keyword_for_tag

    actions: dict[int, Action] = {}
    listed: tuple[tuple[list[tuple[int, ...]], Action], ...] = (
        (fields.X_TAGS, "remove"),
        (fields.Z_TAGS, "empty"),
        (fields.D_TAGS, "dummy"),
        (fields.U_TAGS, "uid"),
        (fields.X_Z_U_STAR_TAGS, "walk"),
    )
    for tags, what in listed:
        # Longer ones are masks of repeating groups, which are removed entirely.
        actions |= {_tag(pair): what for pair in tags if len(pair) == 2}
    for tags in (
        fields.Z_D_TAGS,
        fields.X_Z_TAGS,
        fields.X_D_TAGS,
        fields.X_Z_D_TAGS,
    ):
        for pair in tags:
            keyword = keyword_for_tag(_tag(pair))
            actions[_tag(pair)] = (
                "dummy"
                if keyword in DUMMY_IN_OUR_KINDS
                else "empty"
                if keyword in EMPTY_IN_OUR_KINDS
                else "remove"
            )
    return actions


def _tag(pair: tuple[int, ...]) -> int:
    return pair[0] << 16 | pair[1]


def action(tag: int, vr: str) -> Action | None:
    """The action for an attribute; None: its value is kept, if its VR allows it.

    The table takes precedence. Of other attributes, persons, times, places and free text are
    emptied, UIDs replaced, sequences walked, and bytes that are not pixels, unknown attributes,
    private ones and certain groups (commands, curves, overlays) removed.

    Args:
        tag: ``group << 16 | element``.
        vr: Value representation as read, two letters.
    """
    from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag

    group = tag >> 16
    if group % 2 or group < 8 or 0x5000 <= group < 0x5100 or 0x6000 <= group < 0x6100:
        return "remove"
    if group >= 0xFFF0 or not tag & 0xFFFF:
        return "remove"
    listed = profile().get(tag)
    if not dictionary_has_tag(tag) or vr not in dictionary_VR(tag).split(" or "):
        return "remove"
    if listed is not None:
        # A dummy sequence would need a valid item: none of our kinds requires one.
        return "remove" if listed == "dummy" and vr == "SQ" else listed
    if vr == "SQ":
        return "walk"
    if vr == "UI":
        return "uid"
    keyword = keyword_for_tag(tag)
    if vr in PERSONS_TIMES_PLACES or (vr in TEXT and keyword not in KEPT_TEXT):
        return "empty"
    if vr in BYTES and keyword not in KEPT_BYTES:
        return "remove"
    return None
