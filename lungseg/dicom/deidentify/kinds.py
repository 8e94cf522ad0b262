"""Kinds of files that are copied: images of the patient, structure sets and segmentations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lungseg.dicom.classes import PLAIN_CT, READ

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

OTHER_KIND = "neither CT nor structure set nor segmentation"
# Words in ImageType by which scanners and workstations mark screen captures.
SCREENS = ("SCREEN", "DOSE", "CAPTURE", "REPORT")


def left_out(dataset: FileDataset) -> str | None:
    """Why a file is not copied, in words that may be recorded; None if it is copied."""
    sop_class = str(dataset.get("SOPClassUID", "") or "")
    kind = READ.get(sop_class)
    if kind is None:
        named = sop_class or str(dataset.file_meta.get("MediaStorageSOPClassUID", "") or "")
        return "no SOPClassUID" if named in READ or not named else OTHER_KIND
    if not dataset.get("SOPInstanceUID") or not dataset.get("SeriesInstanceUID"):
        return "no SOPInstanceUID or SeriesInstanceUID"
    if kind == "rtstruct":
        return None
    if str(dataset.get("BurnedInAnnotation", "")).strip().upper() == "YES":
        return "text burned into the image"
    if not dataset.get("PixelData"):
        return "no pixel data"
    if _bits_of_overlays(dataset):
        return "an overlay inside the pixel data"
    return _picture_of_a_screen(dataset) if kind == "ct" else None


def _bits_of_overlays(dataset: Dataset) -> bool:
    """Whether unused bits of pixels contain an overlay, possibly text (retired, PS3.3 C.9.2)."""
    tags = dataset.keys()
    groups = {tag.group for tag in tags if 0x6000 <= tag.group < 0x6100}
    return any((group, 0x3000) not in dataset and (group, 0x0102) in dataset for group in groups)


def _picture_of_a_screen(dataset: Dataset) -> str | None:
    words = " ".join(str(word).upper() for word in dataset.get("ImageType", None) or [])
    if (
        dataset.get("SamplesPerPixel", 1) != 1
        or dataset.get("ConversionType")
        or any(word in words for word in SCREENS)
    ):
        return "a picture of a screen"
    if dataset.SOPClassUID == PLAIN_CT and not dataset.get("ImagePositionPatient"):
        return "an image without a place in the patient"
    return None
