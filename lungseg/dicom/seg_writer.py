"""Masks written as a DICOM-SEG file, through highdicom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.classes import PLAIN_CT
from lungseg.dicom.damage import quiet
from lungseg.dicom.derived import (
    DESCRIPTION,
    LUNGS,
    Algorithm,
    Lung,
    code,
    files_of,
    identify,
    inherit,
    item,
    reference,
    series_number,
)
from lungseg.dicom.origin import Origin, read_origin
from lungseg.files import replacing

if TYPE_CHECKING:
    import highdicom
    from pydicom import Dataset

NUMBER = 1
"""Of the series, see :func:`lungseg.dicom.derived.series_number`."""


def write_seg(
    path: Path,
    instances: Sequence[tuple[Path, int]],
    labels: NDArray[np.uint8],
    *,
    about: Algorithm,
    fractions: NDArray[np.uint8] | None = None,
) -> None:
    """Write a DICOM-SEG file with two segments, right and left lung.

    Its frames have the positions of the scan's slices, and refer to them. Frames without a lung are
    left out if both lungs have voxels; otherwise all are written, since many readers need a frame
    of each segment.

    The same call writes the same bytes: UIDs are derived from what goes in
    (:func:`lungseg.dicom.derived.identify`), and the standard's obligatory date and time of the
    content are those of the scan (1 January 1900 if it has none).

    Args:
        path: File to write.
        instances: File and number of the frame of each slice of the scan, as in
            :func:`lungseg.dicom.origin.read_origin`.
        labels: ``[slice, row, column]`` in the order of `instances`: 0 background, 1 right lung,
            2 left lung.
        about: What made the labels.
        fractions: Probability of lung, 0 to 255, on the same grid. Then the segments are
            fractional, and `labels` tells to which lung a probability belongs. They are
            RLE-compressed; the standard has no compression of binary segments that all readers
            know.

    Raises:
        DataError: If the scan's files are damaged or lack UIDs.
        OSError: If the file cannot be written; it is then as it was.
    """
    with quiet():
        origin = read_origin(instances)
        seg = _segmentation(origin, labels, about, fractions)
        with replacing(path) as part:
            seg.save_as(part)


def _segmentation(
    origin: Origin,
    labels: NDArray[np.uint8],
    about: Algorithm,
    fractions: NDArray[np.uint8] | None,
) -> highdicom.seg.Segmentation:
    import highdicom
    from pydicom.uid import ExplicitVRLittleEndian, RLELossless

    binary = fractions is None
    contents = [labels] if fractions is None else [labels, fractions]
    identity = identify(origin, about, "seg", contents)
    seg = highdicom.seg.Segmentation(
        source_images=_stand_ins(origin, labels.shape),
        # Which lung, even if fractional: as floating-point numbers the probabilities of both
        # lungs would take sixteen times the memory. They are put in below.
        pixel_array=labels,
        segmentation_type="BINARY" if binary else "FRACTIONAL",
        segment_descriptions=[_description(lung, about) for lung in LUNGS],
        series_instance_uid=identity.series,
        series_number=series_number(origin, NUMBER),
        sop_instance_uid=identity.instance,
        instance_number=1,
        manufacturer=about.name,
        manufacturer_model_name=about.name,
        software_versions=about.version,
        device_serial_number=about.sha256[:16],
        fractional_type="PROBABILITY",
        max_fractional_value=255,
        content_label="LUNGS",
        content_description="Right and left lung by an automatic algorithm",
        content_qualification="RESEARCH",
        content_date=origin.date,
        content_time=origin.time,
        series_description=DESCRIPTION,
        transfer_syntax_uid=ExplicitVRLittleEndian if binary else RLELossless,
        omit_empty_frames=all((labels == lung.label).any() for lung in LUNGS),
    )
    frames = _refer(seg, origin)
    if fractions is not None:
        _put_in(seg, frames, labels, fractions)
    inherit(seg, origin)  # highdicom copies most of it, but not all
    _fix(seg, identity.dimensions)
    return seg


def _stand_ins(origin: Origin, shape: tuple[int, ...]) -> list[Dataset]:
    """Headers of single slices in the form that highdicom expects, whatever the files are like.

    Their SOPInstanceUIDs are the slices' indices, to be replaced by :func:`_refer`.
    """
    made = []
    for k, one in enumerate(origin.slices):
        ds = item(
            SOPClassUID=PLAIN_CT,
            SOPInstanceUID=f"1.{k}",
            SeriesInstanceUID=origin.series,
            Modality="CT",
            Rows=shape[1],
            Columns=shape[2],
            FrameOfReferenceUID=origin.frame_of_reference,
            PositionReferenceIndicator=origin.position_reference,
            ImagePositionPatient=_decimals(one.position),
            ImageOrientationPatient=_decimals(origin.orientation),
            PixelSpacing=_decimals(np.array(origin.pixel_spacing)),
            SliceThickness=_decimals(np.array([origin.spacing]))[0],
            SpacingBetweenSlices=_decimals(np.array([origin.spacing]))[0],
            **origin.lossy,
        )
        inherit(ds, origin)
        made.append(ds)
    return made


def _decimals(numbers: NDArray[np.float64]) -> list[str]:
    """Numbers as decimal strings, which have at most 16 characters."""
    from pydicom.valuerep import format_number_as_ds

    return [format_number_as_ds(float(number) + 0.0) for number in numbers.ravel()]


def _description(lung: Lung, about: Algorithm) -> highdicom.seg.SegmentDescription:
    """Coded as 3D Slicer and dcmqi do: type lung with the side as modifier, and the region."""
    import highdicom
    from highdicom.color import CIELabColor
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    made = highdicom.seg.SegmentDescription(
        segment_number=lung.label,
        segment_label=lung.name,
        segmented_property_category=Code("123037004", "SCT", "Anatomical Structure"),
        segmented_property_type=Code("39607008", "SCT", "Lung"),
        algorithm_type="AUTOMATIC",
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=f"{about.name} {about.version}",
            family=codes.DCM.ArtificialIntelligence,
            version=about.version,
            parameters={"model_sha256": about.sha256},
        ),
        anatomic_regions=[Code(lung.code, "SCT", lung.name)],
        display_color=CIELabColor.from_rgb(*lung.colour),
    )
    modifier = code(lung.side[0], "SCT", lung.side[1])
    made.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
    return made


def _refer(seg: Dataset, origin: Origin) -> list[tuple[int, int]]:
    """Refer to the scan's slices instead of their stand-ins; slice and label of each frame."""
    sources = [
        frame.DerivationImageSequence[0].SourceImageSequence[0]
        for frame in seg.PerFrameFunctionalGroupsSequence
    ]
    # All indices are read first: frames of the two lungs share their sources.
    indices = [int(source.ReferencedSOPInstanceUID.removeprefix("1.")) for source in sources]
    for source, k in zip(sources, indices, strict=True):
        source.update(reference(origin.slices[k]))
    frames = [
        (k, int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber))
        for frame, k in zip(seg.PerFrameFunctionalGroupsSequence, indices, strict=True)
    ]
    files = files_of(origin.slices)
    seg.SourceImageSequence = [reference(one, frame=False) for one in files]
    (series,) = seg.ReferencedSeriesSequence
    series.ReferencedInstanceSequence = [reference(one, frame=False) for one in files]
    return frames


def _put_in(
    seg: Dataset,
    frames: Sequence[tuple[int, int]],
    labels: NDArray[np.uint8],
    fractions: NDArray[np.uint8],
) -> None:
    """Replace the pixels by probabilities."""
    from highdicom.frame import encode_frame
    from pydicom.encaps import encapsulate
    from pydicom.uid import RLELossless

    seg.PixelData = encapsulate(
        [
            encode_frame(
                np.where(labels[k] == label, fractions[k], np.uint8(0)),
                RLELossless,
                bits_allocated=8,
                bits_stored=8,
                photometric_interpretation="MONOCHROME2",
            )
            for k, label in frames
        ]
    )


def _fix(seg: Dataset, dimensions: str) -> None:
    """Replace what would differ from one run to the next."""
    del seg.InstanceCreationDate, seg.InstanceCreationTime
    for equipment in seg.ContributingEquipmentSequence:
        equipment.pop("ContributionDateTime", None)
    for one in (*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence):
        one.DimensionOrganizationUID = dimensions
