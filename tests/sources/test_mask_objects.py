"""Which masks and series belong together."""

import shutil

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from lungseg.errors import DataError
from tests.sources.archives import KINDS, codes, dice, mask_file, source
from tests.sources.tree import truth, write_images, write_patient


def test_the_series_that_is_meant(patient, phantom_root):
    """A smaller series beside: left aside, asked for, or refused."""
    study = patient / "P1" / "1.3.6.1-study"
    other = write_images(
        study / "other", phantom_root, "Case_001", SeriesInstanceUID=generate_uid()
    )
    for file in other[:3] if len(other) > 6 else []:
        file.unlink()
    case = source(patient).read("P1")
    assert dice(case.mask, truth(phantom_root, "Case_001")[0].mask) > 0.99
    with pytest.raises(DataError, match="P1: "):
        source(patient, series="error").read("P1")
    uid = str(pydicom.dcmread(study / "2.000000-CT-50102" / "I0000").SeriesInstanceUID)
    np.testing.assert_array_equal(source(patient, series=uid).read("P1").mask, case.mask)


def test_the_series_referenced_by_the_mask_precedes_a_larger_one(patient, phantom_root):
    """Thick slices were drawn on; a reconstruction of thin ones lies beside them."""
    expected = source(patient).read("P1")
    series = str(generate_uid())
    study = patient / "P1" / "1.3.6.1-study"
    thin = write_images(study / "thin", phantom_root, "Case_001", SeriesInstanceUID=series)
    for file in thin:
        ds = pydicom.dcmread(file)
        ds.SOPInstanceUID = generate_uid()
        ds.save_as(file)
        ds.SOPInstanceUID = generate_uid()
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, f"{z + 1.25:.3f}"]
        ds.save_as(file.with_name(f"{file.name}b"))
    case = source(patient).read("P1")
    np.testing.assert_array_equal(case.mask, expected.mask)
    (found,) = (one for one in case.audit["findings"] if one["code"] == "series-chosen")
    assert found["text"] == "1 CT series to which no RTSTRUCT refers ignored"


def test_reference_by_frame_of_reference(patient):
    file, ds = mask_file(patient)
    frame = ds.ReferencedFrameOfReferenceSequence[0]
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    series.SeriesInstanceUID = generate_uid()
    ds.save_as(file)
    assert "mask-reference" in codes(source(patient).read("P1"))
    frame.FrameOfReferenceUID = generate_uid()
    ds.save_as(file)
    with pytest.raises(DataError, match="P1: no RTSTRUCT refers to the chosen CT series"):
        source(patient).read("P1")


def test_of_several_the_newest_with_lungs_counts(patient):
    file, ds = mask_file(patient, StructureSetDate="20200101")
    whole = source(patient).read("P1")
    for name, date, kept in (("new", "20210101", 2), ("newest", "20220101", 0)):
        newer = pydicom.dcmread(file)
        newer.StructureSetDate, newer.SOPInstanceUID = date, generate_uid()
        newer.file_meta.MediaStorageSOPInstanceUID = newer.SOPInstanceUID
        # The first structure is not a lung; the next one is.
        newer.StructureSetROISequence = newer.StructureSetROISequence[: kept or 1]
        newer.save_as(file.with_name(f"{name}.dcm"))
    case = source(patient).read("P1")
    assert "several-masks" in codes(case)
    assert 0 < case.mask.sum() < whole.mask.sum()  # one lung: not the oldest
    assert len(ds.StructureSetROISequence) == 3


@pytest.mark.parametrize("date", ["", "20200101"])
def test_of_several_without_an_order_none_is_called_the_newest(date, patient):
    file, ds = mask_file(patient, StructureSetDate=date)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.save_as(file.with_name("again.dcm"))
    case = source(patient).read("P1")
    (told,) = (one for one in case.audit["findings"] if one["code"] == "undated-masks")
    assert told["severity"] == "error"
    assert "2 RTSTRUCTs" in told["text"]
    assert "by UID" in told["text"]
    assert "newest" not in told["text"]
    assert "several-masks" not in codes(case)


def test_segments_may_be_in_separate_objects(phantom_root, tmp_path):
    from tests.dicom.write_seg import write_seg

    read, lungs = truth(phantom_root, "Case_002")
    files = write_images(tmp_path / "a" / "ct", phantom_root, "Case_002")
    for side, mask in lungs.items():
        label = f"{side.title()} Lung"
        write_seg(tmp_path / "a" / f"{side}.dcm", {label: mask}, read.volume.affine, files)
    case = source(tmp_path, "seg").read("a")
    np.testing.assert_array_equal(case.sides, lungs["right"] + 2 * lungs["left"])
    assert "several-masks" not in codes(case)

    half = lungs["left"].copy()
    half[: len(half) // 2] = 0
    write_seg(tmp_path / "a" / "again.dcm", {"Left Lung": half}, read.volume.affine, files)
    newer = pydicom.dcmread(tmp_path / "a" / "again.dcm")
    for date, code in (("99990101", "several-masks"), ("", "undated-masks")):
        for file in (tmp_path / "a").glob("*.dcm"):
            ds = pydicom.dcmread(file)
            ds.ContentDate = date if ds.SOPInstanceUID == newer.SOPInstanceUID else ""
            ds.ContentTime = ""
            ds.save_as(file)
        found = codes(source(tmp_path, "seg").read("a"))
        assert [one for one in found if one.endswith("-masks")] == [code]


UIDS = ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID")


@pytest.mark.parametrize("blanked", [*((uid,) for uid in (*UIDS, "SOPClassUID", "Modality")), UIDS])
@pytest.mark.parametrize("how", ["emptied", "removed"])
def test_images_whose_uids_were_blanked(blanked, how, patient):
    expected = source(patient).read("P1")
    for file in patient.rglob("I0*"):
        ds = pydicom.dcmread(file)
        for keyword in blanked:
            if how == "removed":
                del ds[keyword]
            else:
                ds[keyword].value = ""
        pydicom.dcmwrite(file, ds)
    case = source(patient).read("P1")
    np.testing.assert_array_equal(case.mask, expected.mask)
    np.testing.assert_array_equal(case.volume.voxels, expected.volume.voxels)
    assert ("mask-reference" in codes(case)) == ("SeriesInstanceUID" in blanked)


def test_two_masks_for_images_without_uids_are_not_chosen_from(patient):
    for file in patient.rglob("I0*"):
        ds = pydicom.dcmread(file)
        ds.SeriesInstanceUID = ds.FrameOfReferenceUID = ""
        ds.save_as(file)
    file, ds = mask_file(patient)
    ds.SOPInstanceUID = generate_uid()
    ds.save_as(file.with_name("again.dcm"))
    with pytest.raises(DataError, match="no RTSTRUCT refers to the chosen CT series"):
        source(patient).read("P1")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_file_twice_is_one(kind, phantom_root, tmp_path):
    write_patient(tmp_path, phantom_root, "Case_001", "P1", kind)
    expected = source(tmp_path, kind).read("P1")
    mask = next(tmp_path.rglob("1-1.dcm"))
    shutil.copy(mask, mask.with_name("copy of 1-1.dcm"))
    case = source(tmp_path, kind).read("P1")
    assert case.source_sha256 == expected.source_sha256
    np.testing.assert_array_equal(case.mask, expected.mask)
    assert [*set(codes(case)) - set(codes(expected))] == ["duplicate-file"]
