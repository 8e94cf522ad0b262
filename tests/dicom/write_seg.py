"""DICOM-SEG files for tests, written by highdicom."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid


def write_seg(
    path: Path,
    segments: Mapping[str, np.ndarray],
    affine: np.ndarray,
    images: Sequence[Path],
    *,
    kind: str = "BINARY",
    omit_empty_frames: bool = True,
) -> Segmentation:
    """Write masks ``[z, y, x]`` on one grid by label, with reference to the CT files given.

    The affine maps an index ``(z, y, x, 1)`` to mm (LPS). BINARY and LABELMAP take 0 and 1,
    FRACTIONAL takes 0 to 1.
    """
    sources = [pydicom.dcmread(file) for file in images]
    masks = list(segments.values())
    if kind == "FRACTIONAL":
        pixels = np.stack(masks, axis=-1).astype(np.float32)
    elif kind == "LABELMAP":
        pixels = np.zeros(masks[0].shape, np.uint8)
        for number, mask in enumerate(masks, 1):
            pixels[mask > 0] = number
    else:
        pixels = np.stack(masks, axis=-1).astype(np.uint8)
    seg = Segmentation(
        source_images=sources,
        pixel_array=hd.Volume(
            pixels,
            affine,
            coordinate_system="PATIENT",
            frame_of_reference_uid=sources[0].FrameOfReferenceUID,
            channels=None if kind == "LABELMAP" else {"SegmentNumber": range(1, len(masks) + 1)},
        ),
        segmentation_type=kind,
        segment_descriptions=[
            SegmentDescription(number, label, codes.SCT.Organ, codes.SCT.Lung, "MANUAL")
            for number, label in enumerate(segments, 1)
        ],
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="lungseg",
        manufacturer_model_name="tests",
        software_versions="1",
        device_serial_number="1",
        omit_empty_frames=omit_empty_frames,
    )
    seg.save_as(path)
    return seg
