"""Masks written as contours in an RTSTRUCT file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
from lungseg.dicom.origin import UNKNOWN_DATE, Origin, read_origin
from lungseg.dicom.tracing import trace
from lungseg.files import replacing

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataset import FileDataset

NUMBER = 2
"""Of the series, see :func:`lungseg.dicom.derived.series_number`."""
# Retired, but still what RTSTRUCT files refer to a study by (PS3.3 C.8.8.5.5).
STUDY = "1.2.840.10008.3.1.2.3.1"
CONTOUR_DATA = 0x30060050


def write_rtstruct(
    path: Path,
    instances: Sequence[tuple[Path, int]],
    labels: NDArray[np.uint8],
    *,
    about: Algorithm,
) -> None:
    """Write an RTSTRUCT file with the structures ``Lung_R`` and ``Lung_L``.

    Each slice has closed planar contours, holes joined by keyholes
    (:func:`lungseg.dicom.tracing.trace`). The same call writes the same bytes, as
    :func:`lungseg.dicom.seg_writer.write_seg`; date and time of the structure set are those of the
    scan.

    Args:
        path: File to write.
        instances: File and number of the frame of each slice of the scan, as in
            :func:`lungseg.dicom.origin.read_origin`.
        labels: ``[slice, row, column]`` in the order of `instances`: 0 background, 1 right lung,
            2 left lung.
        about: What made the labels.

    Raises:
        DataError: If the scan's files are damaged or lack UIDs.
        OSError: If the file cannot be written; it is then as it was.
    """
    with quiet():
        dataset = _dataset(read_origin(instances), labels, about)
        with replacing(path) as part:
            dataset.save_as(part, enforce_file_format=True)


def _dataset(origin: Origin, labels: NDArray[np.uint8], about: Algorithm) -> FileDataset:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import (
        PYDICOM_IMPLEMENTATION_UID,
        UID,
        ImplicitVRLittleEndian,
        RTStructureSetStorage,
    )

    identity = identify(origin, about, "rtstruct", [labels])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = UID(identity.instance)
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    # With explicit value representations, a contour could have no more than 64 KiB.
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    inherit(ds, origin)
    known = origin.date != UNKNOWN_DATE
    ds.update(
        item(
            SOPClassUID=RTStructureSetStorage,
            SOPInstanceUID=identity.instance,
            Modality="RTSTRUCT",
            SeriesInstanceUID=identity.series,
            SeriesNumber=series_number(origin, NUMBER),
            SeriesDescription=DESCRIPTION,
            InstanceNumber=1,
            ContentQualification="RESEARCH",
            OperatorsName="",
            Manufacturer=about.name,
            ManufacturerModelName=about.name,
            SoftwareVersions=about.version,
            DeviceSerialNumber=about.sha256[:16],
            FrameOfReferenceUID=origin.frame_of_reference,
            PositionReferenceIndicator=origin.position_reference,
            StructureSetLabel="LUNGS",
            StructureSetName="Right and left lung",
            StructureSetDescription=f"{DESCRIPTION}; model {about.sha256}",
            StructureSetDate=origin.date if known else "",
            StructureSetTime=origin.time if known else "",
            ReferencedFrameOfReferenceSequence=[_referenced(origin)],
            StructureSetROISequence=[_roi(lung, origin, about) for lung in LUNGS],
            ROIContourSequence=[_contours(lung, origin, labels) for lung in LUNGS],
            RTROIObservationsSequence=[_observation(lung) for lung in LUNGS],
            ApprovalStatus="UNAPPROVED",
        )
    )
    return ds


def _referenced(origin: Origin) -> Dataset:
    series = item(
        SeriesInstanceUID=origin.series,
        ContourImageSequence=[reference(one, frame=False) for one in files_of(origin.slices)],
    )
    study = item(
        ReferencedSOPClassUID=STUDY,
        ReferencedSOPInstanceUID=origin.study,
        RTReferencedSeriesSequence=[series],
    )
    return item(FrameOfReferenceUID=origin.frame_of_reference, RTReferencedStudySequence=[study])


def _roi(lung: Lung, origin: Origin, about: Algorithm) -> Dataset:
    return item(
        ROINumber=lung.label,
        ReferencedFrameOfReferenceUID=origin.frame_of_reference,
        ROIName=lung.roi,
        ROIDescription=lung.name,
        ROIGenerationAlgorithm="AUTOMATIC",
        ROIGenerationDescription=f"{about.name} {about.version}",
    )


def _observation(lung: Lung) -> Dataset:
    return item(
        ObservationNumber=lung.label,
        ReferencedROINumber=lung.label,
        RTROIIdentificationCodeSequence=[code(lung.code, "SCT", lung.name)],
        RTROIInterpretedType="ORGAN",
        ROIInterpreter="",
    )


def _contours(lung: Lung, origin: Origin, labels: NDArray[np.uint8]) -> Dataset:
    made = item(ROIDisplayColor=list(lung.colour), ReferencedROINumber=lung.label)
    along, down = origin.orientation
    axes = np.stack([down * origin.pixel_spacing[0], along * origin.pixel_spacing[1]])
    contours = []
    for one, image in zip(origin.slices, labels, strict=True):
        for polygon in trace(image == lung.label):
            contour = item(
                ContourImageSequence=[reference(one)],
                ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=len(polygon),
            )
            _put_points(contour, polygon @ axes + one.position)
            contours.append(contour)
    if contours:  # a sequence without items is not allowed here
        made.ContourSequence = contours
    return made


def _put_points(contour: Dataset, points: NDArray[np.float64]) -> None:
    """Set ContourData, as bytes: a million decimal strings would take pydicom minutes."""
    from pydicom.charset import default_encoding
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import BaseTag

    # A tenth of a micrometre; adding 0 leaves no "-0.0000".
    text = "\\".join(f"{value:.4f}" for value in (points.round(4) + 0.0).ravel().tolist())
    value = (text + " " * (len(text) % 2)).encode("ascii")
    tag = BaseTag(CONTOUR_DATA)
    contour[tag] = RawDataElement(tag, "DS", len(value), value, 0, True, True)
    # As if read from a file of the same encoding: else pydicom would convert them after all.
    contour.set_original_encoding(True, True, default_encoding)
