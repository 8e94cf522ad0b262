"""Identification of a case's patient, and names of cases that would reveal it."""

import os

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage

from lungseg.dicom.classes import DICOMDIR
from lungseg.errors import IdentityError
from lungseg.sources.dicomseg import DicomSegFolder
from lungseg.sources.lctsc import LctscFolder
from lungseg.sources.nifti import NiftiFolder
from lungseg.sources.tcia import TciaFolder

STUDY, SERIES = "1.2.3.4711.1", "1.2.3.4711.2"
LUNGS = {"both": ["lungs"]}
DOE = {
    "PatientName": "Doe^John",
    "PatientID": "4711",
    "PatientBirthDate": "19560102",
    "StudyDate": "20190304",
    "AccessionNumber": "A0815",
}


def write(file, sop_class=CTImageStorage, **tags):
    file.parent.mkdir(parents=True, exist_ok=True)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    if sop_class == CTImageStorage:
        ds.BitsAllocated, ds.PixelData = 16, b"\0\0"
    ds.save_as(file, enforce_file_format=True)


def lctsc(root, name):
    (root / "Segmentations").mkdir(exist_ok=True)
    np.savez(root / "Segmentations" / f"{name}_seg.npz", masks=np.zeros((1, 1, 1)))
    return LctscFolder(root), root / "Images" / name


def nifti(root, name):
    (root / name / "dicom").mkdir(parents=True)
    (root / name / "lung.nii").touch()
    patterns = {"images": "{case}/dicom", "masks": "{case}/lung.nii"}
    made = NiftiFolder(root, **patterns, labels={"both": [1]}, lungs=LUNGS)
    return made, root / name / "dicom"


def tcia(root, name):
    return TciaFolder(root, cases="folder", series="largest", lungs=LUNGS), root / name


def dicomseg(root, name):
    return DicomSegFolder(root, cases="folder", series="largest", lungs=LUNGS), root / name


@pytest.fixture(params=[lctsc, nifti, tcia, dicomseg], ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def refused(made, folder):
    (name,) = made.cases()
    with pytest.raises(
        IdentityError, match="^data.root: a case's name contains .* deidentify"
    ) as info:
        made.patient(name)
    assert str(folder) not in str(info.value)
    assert not any(word in str(info.value) for word in ("Doe", "John", "4711", "1956", "A0815"))
    return True


def test_a_name_that_identifies_is_refused(kind, tmp_path):
    made, folder = kind(tmp_path, "Doe_John_4711")
    write(folder / "1.dcm", **DOE)
    assert refused(made, folder)


def test_neutral_names_pass(kind, tmp_path):
    for name in ("Case_000", "Case_1"):
        made, folder = kind(tmp_path, name)
        # An ID of one digit occurs in any name by chance.
        write(folder / "1.dcm", **DOE | {"AccessionNumber": "1", "PatientID": "0"})
    assert made.cases() == ["Case_000", "Case_1"]
    assert all(made.patient(name) for name in made.cases())


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("a4711", DOE),
        ("DoeJohn", DOE),
        ("xdoejohn", DOE | {"PatientName": "Doejohn"}),
        ("thorax-john", DOE),
        ("Müller", DOE | {"PatientName": "MULLER^Eva"}),
        ("Xu_Bo", DOE | {"PatientName": "Xu^Bo"}),
        ("7", DOE | {"PatientID": "7"}),
        ("b19560102", DOE),
        ("b 02.01.1956", DOE),
        ("scan 2019-03-04", DOE),
        ("A0815", DOE),
        ("Mueller_1", DOE | {"PatientName": "MÜLLER^Eva"}),
        ("Müller_1", DOE | {"PatientName": "Mueller^Eva"}),
        ("12345", DOE | {"PatientID": "0012345"}),
        ("P12345", DOE | {"PatientID": "0012345"}),
        ("4091 7733", DOE | {"PatientID": "40917733"}),
        ("ct of 4.3.19", DOE),
        ("190304", DOE),
        ("1956-1-2", DOE),
        (STUDY, DOE),
        (f"ct {SERIES}", DOE),
        # Identity removed, but not these.
        (SERIES, {"PatientIdentityRemoved": "YES"}),
        ("a4711", DOE | {"PatientIdentityRemoved": "YES"}),
    ],
)
def test_all_that_identifies(name, tags, tmp_path):
    made, folder = tcia(tmp_path, name)
    write(folder / "1.dcm", **tags)
    assert refused(made, folder)


@pytest.mark.parametrize(
    "name",
    ["a471", "Does_it", "scan_1956", "joh", "x120190304", "1.2.3", "case 4 3", "v4.3.1", "0190304"],
)
def test_what_only_looks_like_it(name, tmp_path):
    made, folder = tcia(tmp_path, name)
    write(folder / "1.dcm", **DOE)
    assert made.cases() == [name]
    assert made.patient(name)


def test_pseudonyms_may_name_cases(kind, tmp_path):
    made, folder = kind(tmp_path, "LCTSC-101")
    tags = {"PatientIdentityRemoved": "YES", "PatientBirthDate": ""}
    write(folder / "1.dcm", **DOE | tags | {"PatientID": "LCTSC-101", "PatientName": "LCTSC-101"})
    assert made.cases() == ["LCTSC-101"]
    assert "PatientID LCTSC-101" in made.patient("LCTSC-101")


def test_the_file_that_tells_is_found(kind, tmp_path):
    """Beside a DICOMDIR, a file without identity, a pipe and one that is no DICOM."""
    made, folder = kind(tmp_path, "Doe")
    write(folder / "0_DICOMDIR.dcm", DICOMDIR)
    write(folder / "1.dcm")
    os.mkfifo(folder / "2.dcm")
    (folder / "3.dcm").write_text("none")
    write(folder / "4.dcm", **DOE)
    assert refused(made, folder)


def test_cases_of_one_patient_are_known_as_such(kind, tmp_path):
    for name in ("a", "b"):
        made, folder = kind(tmp_path, name)
        write(folder / "0_DICOMDIR.dcm", DICOMDIR, PatientID="disc")
        write(folder / "1.dcm", RTStructureSetStorage, PatientID=f"plan of {name}", **uids(name))
        write(folder / "2.dcm", **uids(name))
        os.mkfifo(folder / "3.dcm")
        write(folder / "4.dcm", **DOE, **uids(name))
    assert made.patient("a") & made.patient("b") == {"PatientID 4711", "person doe john 19560102"}


def uids(name):
    return {"StudyInstanceUID": f"1.2.{ord(name)}", "SeriesInstanceUID": f"1.2.{ord(name)}.1"}


def test_cases_of_one_study_are_of_one_patient(kind, tmp_path):
    for name in ("a", "b"):
        made, folder = kind(tmp_path, name)
        write(folder / "1.dcm", **DOE | {"PatientID": f"4711{name}", "PatientBirthDate": ""})
    assert made.patient("a") & made.patient("b") == {f"UID {STUDY}", f"UID {SERIES}"}


def test_a_patient_that_is_not_recorded(kind, tmp_path):
    made, folder = kind(tmp_path, "a")
    write(folder / "1.dcm", StudyInstanceUID="", SeriesInstanceUID="")
    assert made.patient("a") == frozenset()


def test_every_file_is_looked_at(kind, tmp_path):
    """The first says that identity was removed; another beside it does not."""
    made, folder = kind(tmp_path, "Doe")
    write(folder / "1.dcm", PatientID="P1", PatientName="P1", PatientIdentityRemoved="YES")
    write(folder / "2.dcm", RTStructureSetStorage, **DOE)
    assert refused(made, folder)


def test_a_study_links_cases_whatever_else_their_files_say(tmp_path):
    for name in ("a", "b"):
        made, folder = tcia(tmp_path, name)
        write(folder / "1.dcm", StudyInstanceUID="1.2.7", SeriesInstanceUID=f"1.2.{ord(name)}")
        other = {"StudyInstanceUID": f"1.2.8.{ord(name)}", "SeriesInstanceUID": ""}
        write(folder / "2.dcm", RTStructureSetStorage, PatientID=f"P {name}", **other)
    assert made.patient("a") & made.patient("b") == {"UID 1.2.7"}


def test_identity_that_cannot_be_read_stops_the_case(kind, tmp_path):
    """Its name may be the patient's, so it is not shown."""
    made, folder = kind(tmp_path, "Doe")
    write(folder / "1.dcm", **DOE)
    whole = (folder / "1.dcm").read_bytes()
    (folder / "1.dcm").write_bytes(whole[:-60])
    with pytest.raises(
        IdentityError, match="^data.root: a case whose DICOM files are damaged"
    ) as info:
        made.patient("Doe")
    assert "Doe" not in str(info.value)
    assert info.value.path == folder / "1.dcm"


def test_a_placeholder_for_the_patient_takes_precedence(tmp_path):
    nifti(tmp_path / "p", "a")
    write(tmp_path / "p" / "a" / "dicom" / "1.dcm", **DOE)
    patterns = {"images": "{patient}/{case}/dicom", "masks": "{patient}/{case}/lung.nii"}
    made = NiftiFolder(tmp_path, **patterns, labels={"both": [1]}, lungs=LUNGS)
    assert {"p", "PatientID 4711"} <= made.patient("a")


def test_attributes_after_large_elements_are_found(tmp_path):
    made, folder = tcia(tmp_path, "Doe")
    write(folder / "1.dcm", **DOE, LongCodeValue="x" * 70_000)
    assert refused(made, folder)


@pytest.mark.parametrize("said", ["MODIFIED", "REMOVED"])
def test_dates_that_are_not_the_patients_may_name_cases(said, tmp_path):
    tags = {"PatientIdentityRemoved": "YES", "StudyDate": "20190304", "PatientID": "a"}
    made, folder = tcia(tmp_path, "a_20190304_CT")
    write(folder / "1.dcm", **tags)
    assert refused(made, folder)
    write(folder / "1.dcm", **tags, LongitudinalTemporalInformationModified=said)
    assert made.patient("a_20190304_CT")
    write(folder / "1.dcm", **tags, LongitudinalTemporalInformationModified="UNMODIFIED")
    assert refused(made, folder)


def test_an_id_after_20_mb(tmp_path):
    for name in ("a", "b"):
        made, folder = lctsc(tmp_path, name)
        write(folder / "1.dcm", **DOE, **uids(name), LongCodeValue="x" * 20_000_000)
    assert "PatientID 4711" in made.patient("a") & made.patient("b")
