"""The DICOM header that the slices of a case share."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, UID, CTImageStorage, generate_uid

from lungseg.phantom.cases import PhantomCase
from lungseg.phantom.variants import CYCLE, IDENTIFIED, PADDED, scanner_of

PADDING = -2000


def case_header(case: PhantomCase, index: int, seed: int) -> Dataset:
    """Everything that the slices of a case share."""
    scanner = scanner_of(index)
    name, birth_date = IDENTIFIED[index % CYCLE] if case.plant.identified else ("", "")
    spacing = f"{case.spacing[1]:.4f}"
    values: dict[str, Any] = {
        "ImageType": ["DERIVED", "PRIMARY", "AXIAL"],
        "SOPClassUID": CTImageStorage,
        "StudyDate": "20000101" if name else "",
        "StudyTime": "",
        "AccessionNumber": f"A{4711 + index:07d}" if name else "",
        "Modality": "CT",
        "Manufacturer": scanner.manufacturer,
        "ManufacturerModelName": scanner.model,
        "InstitutionName": "Phantom General Hospital" if name else "",
        "ReferringPhysicianName": "Phantom^Doctor" if name else "",
        "PatientName": name,
        "PatientID": f"PHANTOM-{index:03d}",
        "PatientBirthDate": birth_date,
        "PatientSex": case.sex,
        "PatientIdentityRemoved": "" if name else "YES",
        "PatientPosition": "HFS",
        "BodyPartExamined": "CHEST",
        "KVP": "120",
        "SliceThickness": f"{case.spacing[0]:.3f}",
        "ConvolutionKernel": scanner.kernel,
        "StudyInstanceUID": uid_of(case, seed, index, "study"),
        "SeriesInstanceUID": uid_of(case, seed, index, "series"),
        "FrameOfReferenceUID": uid_of(case, seed, index, "frame of reference"),
        "StudyID": "1",
        "SeriesNumber": "1",
        "AcquisitionNumber": "1",
        "PositionReferenceIndicator": "",
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": case.image.shape[1],
        "Columns": case.image.shape[2],
        "PixelSpacing": [spacing, spacing],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(scanner.signed),
        "BurnedInAnnotation": "NO",
        "WindowCenter": "40",
        "WindowWidth": "400",
        "RescaleIntercept": str(scanner.intercept),
        "RescaleSlope": "1",
        "RescaleType": "HU",
    }
    if index % CYCLE == PADDED:
        values["PixelPaddingValue"] = PADDING
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    # By tag: older dictionaries do not have the keyword SyntheticData.
    dataset.add_new(0x0008001C, "CS", "YES")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.TransferSyntaxUID = scanner.syntax
    dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    return dataset


def uid_of(case: PhantomCase, seed: int, index: int, what: str) -> UID:
    """A UID derived from the case, so that the same cohort has the same UIDs."""
    source = f"lungseg {seed} {index} {case.image.shape} {what} {case.kind}".rstrip()
    return generate_uid(entropy_srcs=[source])
