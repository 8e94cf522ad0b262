"""Other programs find the mask of a written DICOM-SEG on the scan's voxels."""

import os

import numpy as np
import pydicom
import pytest
from highdicom.seg import segread

from lungseg.dicom.derived import Algorithm
from lungseg.dicom.seg import place, read_segments
from lungseg.dicom.seg_writer import write_seg
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from lungseg.volume import from_lps
from tests.dicom.oriented import AFFINE, HU, LABELS, REST, SOME, on_grid, series, write_series
from tests.dicom.read_back import by_highdicom, by_positions, violations
from tests.dicom.test_findings import change
from tests.dicom.write_enhanced import write_enhanced

ABOUT = Algorithm("lungseg", "1.2", "ab" * 32)


def write(path, read, labels=LABELS, **how):
    write_seg(path, read.instances, from_lps(labels, read.stored_affine), about=ABOUT, **how)
    return pydicom.dcmread(path)


@pytest.fixture(scope="module")
def axial(tmp_path_factory):
    return series(tmp_path_factory.mktemp("axial"))


def check_turned(folder, axes, flips):
    read = series(folder / "ct", axes, flips)
    ds = write(folder / "seg.dcm", read)
    np.testing.assert_array_equal(by_highdicom(folder / "seg.dcm"), LABELS)
    np.testing.assert_array_equal(by_positions(folder / "seg.dcm"), LABELS)
    images = {}
    for file in (folder / "ct").iterdir():
        image = pydicom.dcmread(file, stop_before_pixels=True)
        images[image.SOPInstanceUID] = image.ImagePositionPatient
    for frame in ds.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        position = images[source.ReferencedSOPInstanceUID]
        assert frame.PlanePositionSequence[0].ImagePositionPatient == position
    assert violations(folder / "seg.dcm") == []


@pytest.mark.parametrize(("axes", "flips"), SOME)
def test_lies_on_the_same_voxels(tmp_path, axes, flips):
    check_turned(tmp_path, axes, flips)


@pytest.mark.slow
@pytest.mark.parametrize(("axes", "flips"), REST)
def test_lies_on_the_same_voxels_in_every_other_orientation(tmp_path, axes, flips):
    check_turned(tmp_path, axes, flips)


@pytest.mark.parametrize(
    ("position", "flips"), [("FFS", (0, 0, 0)), ("HFP", (0, 1, 1)), ("FFP", (1, 1, 1))]
)
def test_however_the_patient_lies(tmp_path, position, flips):
    """Positions in the patient tell where voxels are; PatientPosition changes nothing."""
    read = series(tmp_path / "ct", flips=flips, position=position)
    write(tmp_path / "seg.dcm", read)
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg.dcm"), LABELS)


def test_positions_that_jitter(tmp_path):
    read = series(tmp_path / "ct", jitter=0.005)
    write(tmp_path / "seg.dcm", read)
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg.dcm"), LABELS)
    np.testing.assert_array_equal(by_positions(tmp_path / "seg.dcm"), LABELS)


def test_a_multi_frame_scan(tmp_path):
    write_series(tmp_path / "ct", HU, AFFINE)
    files = sorted((tmp_path / "ct").iterdir())
    write_enhanced(tmp_path / "enhanced.dcm", files[::-1])  # frame 1 is the most cranial
    read = read_series([tmp_path / "enhanced.dcm"])
    ds = write(tmp_path / "seg.dcm", read)
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg.dcm"), LABELS)
    assert len(ds.SourceImageSequence) == 1
    for frame in ds.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        z = frame.PlanePositionSequence[0].ImagePositionPatient[2]
        slice_from_feet = round((z - AFFINE[2, 3]) / 3)
        assert source.ReferencedFrameNumber == len(HU) - slice_from_feet
        assert source.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2.1"
    assert violations(tmp_path / "seg.dcm") == []


@pytest.mark.parametrize("lungs", [(), (1,), (2,)])
@pytest.mark.parametrize("fractional", [False, True])
def test_a_lung_without_voxels(tmp_path, axial, lungs, fractional):
    labels = np.where(np.isin(LABELS, lungs), LABELS, 0).astype(np.uint8)
    stored = from_lps(labels, axial.stored_affine)
    how = {"fractions": np.uint8(99) * (stored > 0)} if fractional else {}
    ds = write(tmp_path / "seg.dcm", axial, labels, **how)
    assert [segment.SegmentNumber for segment in ds.SegmentSequence] == [1, 2]
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg.dcm"), labels)
    right, left = (segment for segment in read_segments(tmp_path / "seg.dcm").segments)
    assert not place(right, axial.volume)[labels != 1].any()
    assert not place(left, axial.volume)[labels != 2].any()
    assert violations(tmp_path / "seg.dcm") == []


def test_probabilities(tmp_path, axial):
    fractions = np.random.default_rng(0).integers(1, 256, LABELS.shape).astype(np.uint8)
    write(tmp_path / "seg.dcm", axial, fractions=from_lps(fractions, axial.stored_affine))
    seg = segread(tmp_path / "seg.dcm")
    assert (seg.SegmentationType, seg.SegmentationFractionalType) == ("FRACTIONAL", "PROBABILITY")
    assert seg.MaximumFractionalValue == 255
    assert seg.file_meta.TransferSyntaxUID.name == "RLE Lossless"
    for lung in (1, 2):
        volume = seg.get_volume(segment_numbers=[lung], rescale_fractional=False)
        found = on_grid(volume.array[..., 0], volume.affine)
        np.testing.assert_array_equal(found, np.where(lung == LABELS, fractions, 0))
    assert violations(tmp_path / "seg.dcm") == []


def test_what_the_object_says(tmp_path, axial):
    ds = write(tmp_path / "seg.dcm", axial)
    assert (ds.PatientName, ds.PatientID, ds.PatientSex) == ("Doe^Jane", "P-17", "F")
    assert (ds.StudyInstanceUID, ds.StudyID, ds.AccessionNumber) == ("1.2.826.0.1.99.1", "S1", "A1")
    assert ds.FrameOfReferenceUID == "1.2.826.0.1.99.4"
    assert ds.ReferencedSeriesSequence[0].SeriesInstanceUID == "1.2.826.0.1.99.2"
    assert len(ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == len(HU)
    assert (ds.ImageType, ds.ContentQualification) == (["DERIVED", "PRIMARY"], "RESEARCH")
    assert "not approved" in ds.SeriesDescription
    assert (ds.SeriesNumber, ds.ContentDate, ds.ContentTime) == (201, "20240305", "101500.25")
    for segment, side, region in zip(
        ds.SegmentSequence, ("Right", "Left"), ("3341006", "44029006"), strict=True
    ):
        assert segment.SegmentLabel == f"{side} lung"
        (category,) = segment.SegmentedPropertyCategoryCodeSequence
        assert (category.CodeValue, category.CodingSchemeDesignator) == ("123037004", "SCT")
        (kind,) = segment.SegmentedPropertyTypeCodeSequence
        assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("39607008", "SCT")
        assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == side
        assert segment.AnatomicRegionSequence[0].CodeValue == region
        assert segment.SegmentAlgorithmType == "AUTOMATIC"
        assert segment.SegmentAlgorithmName == "lungseg 1.2"


def test_a_second_run_writes_the_same_bytes(tmp_path, axial):
    first, second, other = (tmp_path / name for name in ("a.dcm", "b.dcm", "c.dcm"))
    uids = {write(first, axial).SOPInstanceUID, write(second, axial).SOPInstanceUID}
    assert first.read_bytes() == second.read_bytes()
    assert len(uids) == 1
    # An archive would keep only one of two objects with the same UID.
    changed = LABELS.copy()
    changed[12, 20, 30] = 0
    assert write(other, axial, changed).SOPInstanceUID not in uids


def test_a_full_disk_leaves_nothing(tmp_path, axial, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "seg.dcm", axial)
    assert list(tmp_path.iterdir()) == []


ODD = {
    "nothing about the patient": {
        **dict.fromkeys(("PatientName", "PatientID", "PatientSex", "PatientBirthDate")),
        **dict.fromkeys(("StudyID", "StudyDate", "StudyTime", "AccessionNumber")),
        **dict.fromkeys(("ReferringPhysicianName", "AcquisitionDate", "AcquisitionTime")),
        **dict.fromkeys(("SeriesNumber", "PositionReferenceIndicator")),
    },
    "old forms of dates": {"PatientBirthDate": "1950.01.02", "StudyDate": "2024.03.05"},
    "impossible dates": {"StudyDate": "20240231", "AcquisitionTime": "256000"},
    "texts of other forms": {"StudyDescription": "x" * 70, "PatientComments": "a\\b"},
    "another sex": {"PatientSex": "female"},
    "no frame of reference": {"FrameOfReferenceUID": None},
    "names in Greek": {"SpecificCharacterSet": "ISO_IR 126", "PatientName": "Διονυσιος"},
    "an unknown character set": {"SpecificCharacterSet": "ISO_IR 999"},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", ODD)
def test_odd_headers(tmp_path, what):
    read = series(tmp_path / "ct", **ODD[what])
    ds = write(tmp_path / "seg.dcm", read)
    np.testing.assert_array_equal(by_highdicom(tmp_path / "seg.dcm"), LABELS)
    assert violations(tmp_path / "seg.dcm") == []
    assert str(ds.PatientName) == str(ODD[what].get("PatientName", "Doe^Jane") or "")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SOPInstanceUID"])
def test_nothing_can_refer_to_a_scan_without_uid(tmp_path, keyword):
    read = series(tmp_path / "ct")
    change(read.instances[3][0], **{keyword: None})
    change(read.instances[0][0], **{keyword: None})
    with pytest.raises(DataError, match=f"^{keyword} is missing"):
        write(tmp_path / "seg.dcm", read)
    assert not (tmp_path / "seg.dcm").exists()


def test_private_attributes_stay_behind(tmp_path):
    read = series(tmp_path / "ct")
    for file in (tmp_path / "ct").iterdir():
        ds = pydicom.dcmread(file)
        ds.private_block(0x11, "MAKER", create=True).add_new(1, "LO", "Doe")
        ds.save_as(file)
    ds = write(tmp_path / "seg.dcm", read)
    assert not [element for element in ds.iterall() if element.tag.is_private]


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("case", ["lidc_slices", "lctsc/Images/Case_000", "cip_ct64/dicom"])
def test_real_headers(realdata, tmp_path, case):
    read = read_series(sorted((realdata / case).iterdir())[:30])
    labels = (read.volume.voxels < -500).astype(np.uint8)
    labels[:, :, labels.shape[2] // 2 :] *= 2
    write(tmp_path / "seg.dcm", read, labels)
    found = by_highdicom(tmp_path / "seg.dcm", read.volume.affine, labels.shape)
    np.testing.assert_array_equal(found, labels)
    assert violations(tmp_path / "seg.dcm") == []
