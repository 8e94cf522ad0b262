"""Segments of a DICOM-SEG file, placed on the grid of a volume by their positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lungseg import volume as volumes
from lungseg.dicom.damage import quiet, reporting_damage
from lungseg.dicom.layout import layout_of
from lungseg.dicom.parse import read_whole
from lungseg.dicom.pixels import PixelData, stored_frames
from lungseg.dicom.syntaxes import encoding, is_native
from lungseg.dicom.walk import UNDEFINED
from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.volume import Volume

if TYPE_CHECKING:
    import highdicom
    import pydicom

# As for the gaps of a CT series.
SPACING_TOLERANCE = 0.02
# A larger volume is not a CT but the result of a wrong position.
MAX_VOXELS = 2**30


@dataclass(frozen=True)
class Segment:
    """One segment of a file. Its voxels are decoded on access.

    Attributes:
        label: SegmentLabel, with ``Left`` or ``Right`` appended if only the segment's code gives
            the side. May identify the patient: never show it.
        affine: ``[4, 4]``, maps an index ``(i, j, k, 1)`` of the mask to ``(x, y, z, 1)`` in mm
            (LPS).
    """

    label: str
    affine: NDArray[np.float64]
    number: int
    file: highdicom.seg.Segmentation
    path: Path

    @property
    def mask(self) -> NDArray[np.uint8]:
        """0 or 1, uint8 ``[i, j, k]``, only for the range of the file's non-empty frames.

        Raises:
            DataError: If the pixels are damaged.
        """
        with quiet(), reporting_damage(self.path, "the DICOM-SEG file"):
            stack = self.file.get_volume(
                segment_numbers=[self.number],
                rtol=SPACING_TOLERANCE,
            ).array[..., 0]
            # Fractional segments have values from 0 to 1, all others 0 and 1.
            return (stack >= 0.5).astype(np.uint8)


@dataclass(frozen=True)
class Segments:
    """Contents of a DICOM-SEG file.

    Attributes:
        segments: In the file's order; labels may repeat.
        frame_of_reference: FrameOfReferenceUID. In memory only.
        series: SeriesInstanceUIDs of the images referred to. In memory only.
        findings: On the file as a whole.
    """

    segments: list[Segment]
    frame_of_reference: str
    series: frozenset[str]
    findings: list[Finding]


def read_segments(path: Path) -> Segments:
    """Read the segments of a DICOM-SEG file: binary, label map or fractional.

    Raises:
        DataError: If the file is damaged or not a DICOM-SEG, or its frames are not evenly spaced.
    """
    with quiet(), reporting_damage(path, "the DICOM-SEG file"):
        return _read(path)


def _read(path: Path) -> Segments:
    import highdicom
    from pydicom.pixels.utils import get_expected_length

    dataset = read_whole(path)
    if dataset.get("Modality") != "SEG":
        raise DataError("the file is not a DICOM-SEG", path)
    _make_native(dataset)
    expected = get_expected_length(dataset)
    if len(dataset.PixelData) < expected:
        raise EOFError("pixel data end early")
    file = highdicom.seg.Segmentation.from_dataset(dataset, copy=False)
    geometry = file.get_volume_geometry(rtol=SPACING_TOLERANCE)
    if geometry is None:
        raise DataError("the segmentation's frames are not evenly spaced", path)
    if np.prod(geometry.spatial_shape, dtype=float) > MAX_VOXELS:
        raise DataError("the segmentation's frames are too far apart for one volume", path)
    if _referenced(dataset) - {*file.segment_numbers}:
        # highdicom omits such frames.
        raise DataError("a frame refers to a segment that the file does not describe", path)
    findings = []
    if len(dataset.PixelData) > expected + expected % 2:
        text = "the segmentation has more pixel data than its size requires; the rest was ignored"
        findings.append(Finding("pixel-surplus", "warning", text))
    if file.segmentation_type == highdicom.seg.SegmentationTypeValues.FRACTIONAL:
        text = "the segmentation is fractional; voxels of one half and more were used"
        findings.append(Finding("fractional", "warning", text))
    return Segments(
        segments=[
            Segment(
                _label(file.get_segment_description(number)), geometry.affine, number, file, path
            )
            for number in file.segment_numbers
            if number > 0  # label maps may describe their background
        ],
        frame_of_reference=str(dataset.get("FrameOfReferenceUID", "")),
        series=frozenset(
            str(series.get("SeriesInstanceUID", ""))
            for series in dataset.get("ReferencedSeriesSequence") or []
        )
        - {""},
        findings=findings,
    )


def _referenced(dataset: pydicom.Dataset) -> set[int]:
    """Numbers of the segments that frames refer to; label maps have them in the pixels."""
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    return {
        int(segment.ReferencedSegmentNumber)
        for groups in (*shared, *(dataset.get("PerFrameFunctionalGroupsSequence") or []))
        for segment in groups.get("SegmentIdentificationSequence") or []
    }


def _make_native(dataset: pydicom.FileDataset) -> None:
    """Replace other pixels by native little-endian ones, decoded like those of CT."""
    from pydicom.uid import ExplicitVRLittleEndian

    syntax = dataset.file_meta.TransferSyntaxUID
    element = dataset["PixelData"]
    _, little = encoding(syntax)
    if is_native(syntax) and little and not element.is_undefined_length:
        return
    layout = layout_of(dataset)
    length = UNDEFINED if element.is_undefined_length else len(element.value)
    frames = stored_frames(PixelData(layout, syntax, element.value, length, element.VR))
    size = layout.allocated // 8
    if size:
        pixels = b"".join(frame.astype(f"<u{size}").tobytes() for frame in frames)
    else:
        pixels = b"".join(_packed(frames))
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    element = dataset["PixelData"]
    element.VR, element.is_undefined_length = "OB" if size < 2 else "OW", False
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _packed(frames: Iterable[NDArray[np.uint8]]) -> Iterator[bytes]:
    """Eight pixels per byte, the first in the lowest bit; frames may begin within a byte."""
    rest = np.empty(0, np.uint8)
    for frame in frames:
        bits = np.concatenate([rest, frame.ravel()])
        whole = len(bits) // 8 * 8
        yield np.packbits(bits[:whole], bitorder="little").tobytes()
        rest = bits[whole:]
    yield np.packbits(rest, bitorder="little").tobytes()


def _label(description: pydicom.Dataset) -> str:
    label = str(description.get("SegmentLabel", "") or "").strip()
    types = description.get("SegmentedPropertyTypeCodeSequence") or []
    for segment_type in types:
        for modifier in segment_type.get("SegmentedPropertyTypeModifierCodeSequence") or []:
            side = str(modifier.get("CodeMeaning", "")).capitalize()
            if side in ("Left", "Right") and side.lower() not in label.lower():
                return f"{label} {side}"
    return label


def place(segment: Segment, volume: Volume) -> NDArray[np.uint8]:
    """Place a segment on a volume's grid by their affines, without resampling.

    Args:
        segment: In any axis order and direction, covering any part of the volume.
        volume: Volume with the grid.

    Returns:
        Mask uint8 ``[z, y, x]``.

    Raises:
        DataError: If voxels of the two do not coincide (within a tenth of a voxel), or set voxels
            are outside the volume.
    """
    try:
        return volumes.place(segment.mask, segment.affine, volume)
    except ValueError as error:
        raise DataError(f"the segmentation: {error}", segment.path) from None
