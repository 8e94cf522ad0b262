"""What PS3.15 table E.1-1 asks for each attribute, and what is done where it leaves a choice."""

from __future__ import annotations

from functools import cache
from typing import Literal

Action = Literal["remove", "empty", "dummy", "uid", "walk"]

EDITION = "2026c"

# Where the table leaves a choice (X/Z, X/D, Z/D, X/Z/D), an attribute goes unless CT, Enhanced CT,
# RT Structure Set or Segmentation ask for it: empty for type 2, a dummy for type 1.
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

# Text that the table does not name and that files need, or that tells scanner and reconstruction.
# Any other text may hold whatever was typed: it is emptied.
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
# Bytes that are pixels or tables for showing them; any other bytes may hold whatever was put there.
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
        # Longer ones are masks of repeating groups, which go whole.
        actions |= {_tag(one): what for one in tags if len(one) == 2}
    for tags in (
        fields.Z_D_TAGS,
        fields.X_Z_TAGS,
        fields.X_D_TAGS,
        fields.X_Z_D_TAGS,
    ):
        for one in tags:
            keyword = keyword_for_tag(_tag(one))
            actions[_tag(one)] = (
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
    """What is done to an attribute; None: its value is kept, if it is one that its VR allows.

    The table comes first. Of what it does not name, persons, times, places and free text are
    emptied, UIDs replaced, sequences walked, and bytes that are no pixels, unknown attributes,
    private ones and those of whole groups (commands, curves, overlays) removed.

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
        # A dummy sequence would need an item that is valid: none of our kinds asks for one.
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
