"""Classic CT slices as one Enhanced CT file, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.uid import EnhancedCTImageStorage

BY_FRAME = {
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing",),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept", "RescaleType"),
}


def write_enhanced(path: Path, files: Sequence[Path]) -> None:
    """Write the slices of one series as frames of one file, in the order given."""
    slices = [pydicom.dcmread(file) for file in files]
    made = pydicom.dcmread(files[0])
    for keywords in BY_FRAME.values():
        for keyword in keywords:
            if keyword in made:
                del made[keyword]
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    made.NumberOfFrames = len(slices)
    made.PerFrameFunctionalGroupsSequence = [_groups(one) for one in slices]
    made.PixelData = b"".join(one.PixelData for one in slices)
    made.save_as(path)


def _groups(one: Dataset) -> Dataset:
    frame = Dataset()
    for sequence, keywords in BY_FRAME.items():
        item = Dataset()
        for keyword in keywords:
            setattr(item, keyword, one.get(keyword, "HU" if keyword == "RescaleType" else None))
        setattr(frame, sequence, [item])
    return frame
