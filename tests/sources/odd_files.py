"""DICOM files changed in odd ways."""

import pydicom
from pydicom import Dataset
from pydicom.uid import (
    generate_uid,
)

from tests.dicom.deidentify.test_file import undefined

FAR = 70_000  # bytes: beyond the first 64 KiB


def slices(case):
    return sorted((case.root / "P1").rglob("I*"))


def everything(case):
    return [*slices(case), case.file]


def edited(file, edit):
    ds = pydicom.dcmread(file)
    edit(ds)
    ds.save_as(file)


def beside(case, sop_class, modality, **tags):
    """Another object of the same patient and study among the case's files."""
    ds = pydicom.dcmread(slices(case)[0])
    del ds.PixelData
    ds.SOPClassUID, ds.Modality = sop_class, modality
    ds.SOPInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.file_meta.MediaStorageSOPClassUID = sop_class
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    undefined(ds)
    file = case.file.with_name("beside.dcm")
    ds.save_as(file)
    assert file.stat().st_size > FAR
    return file


def item(**tags):
    made = Dataset()
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return made
