"""Other programs draw the contours of a written RTSTRUCT on the scan's voxels."""

import os
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lungseg.dicom.derived import Algorithm
from lungseg.dicom.rtstruct import rasterize, read_structures
from lungseg.dicom.rtstruct_writer import write_rtstruct
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from lungseg.volume import from_lps
from tests.dicom.oriented import AFFINE, HU, LABELS, REST, SOME, series, write_series
from tests.dicom.read_back import by_itk, violations
from tests.dicom.shapes import dsc
from tests.dicom.write_enhanced import write_enhanced

ABOUT = Algorithm("lungseg", "1.2", "ab" * 32)
NAMES = {1: "Lung_R", 2: "Lung_L"}


def write(path, read, labels=LABELS):
    write_rtstruct(path, read.instances, from_lps(labels, read.stored_affine), about=ABOUT)
    return pydicom.dcmread(path)


def by_lungseg(file, volume):
    structures = read_structures(file)
    assert structures.findings == []
    labels = np.zeros(volume.voxels.shape, np.uint8)
    for label, name in NAMES.items():
        mask, findings = rasterize(structures.structures[name].contours, volume)
        assert findings == []
        labels += label * mask
    return labels


def by_plastimatch(file, images, folder):
    """Masks by ROI name, on the grid of the images."""
    plastimatch = Path(sysconfig.get_path("scripts")) / "plastimatch"
    command = [plastimatch, "convert", "--input", file, "--referenced-ct", images]
    command += ["--output-prefix", folder, "--prefix-format", "nrrd"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return {name: by_itk(folder / f"{name}.nrrd") > 0 for name in NAMES.values()}


@pytest.fixture(scope="module")
def axial(tmp_path_factory):
    return series(tmp_path_factory.mktemp("axial"))


def check_turned(folder, axes, flips):
    read = series(folder / "ct", axes, flips)
    ds = write(folder / "rt.dcm", read)
    np.testing.assert_array_equal(by_lungseg(folder / "rt.dcm", read.volume), LABELS)
    found = by_plastimatch(folder / "rt.dcm", folder / "ct", folder / "masks")
    for label, name in NAMES.items():
        assert dsc(found[name], label == LABELS) >= 0.99
    # On the patient's right x is smaller.
    x = {name: np.nonzero(mask)[2].mean() for name, mask in found.items()}
    assert x["Lung_R"] < x["Lung_L"]
    images = {}
    for file in (folder / "ct").iterdir():
        image = pydicom.dcmread(file, stop_before_pixels=True)
        images[image.SOPInstanceUID] = np.array(image.ImagePositionPatient, float)
    normal = np.cross(*np.reshape(image.ImageOrientationPatient, (2, 3)))
    for roi in ds.ROIContourSequence:
        for contour in roi.ContourSequence:
            (source,) = contour.ContourImageSequence
            points = np.reshape(contour.ContourData, (-1, 3))
            assert len(points) == contour.NumberOfContourPoints
            height = (points - images[source.ReferencedSOPInstanceUID]) @ normal
            np.testing.assert_allclose(height, 0, atol=1e-3)
    assert violations(folder / "rt.dcm") == []


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
    read = series(tmp_path / "ct", flips=flips, position=position, jitter=0.005)
    write(tmp_path / "rt.dcm", read)
    np.testing.assert_array_equal(by_lungseg(tmp_path / "rt.dcm", read.volume), LABELS)
    found = by_plastimatch(tmp_path / "rt.dcm", tmp_path / "ct", tmp_path / "masks")
    for label, name in NAMES.items():
        assert dsc(found[name], label == LABELS) >= 0.99


def test_holes_parts_and_single_pixels(tmp_path, axial):
    labels = np.zeros_like(LABELS)
    labels[8, 5:35, 4:20] = 1
    labels[8, 8:32, 7:17] = 0  # a hole,
    labels[8, 12:20, 9:15] = 1  # a part in it,
    labels[8, 15, 11] = 0  # a hole in that, of one pixel,
    labels[8, 30:33, 9] = 0
    labels[8, 2, 2] = labels[8, 38, 46] = labels[8, 3, 3] = 1  # and pixels alone, at a corner too
    labels[8:12, 20:39, 30:48] = 2  # up to the edge of the image
    write(tmp_path / "rt.dcm", axial, labels)
    structures = read_structures(tmp_path / "rt.dcm").structures
    for label, name in NAMES.items():
        mask, _ = rasterize(structures[name].contours, axial.volume)
        np.testing.assert_array_equal(mask, label == labels)
    images = axial.instances[0][0].parent
    found = by_plastimatch(tmp_path / "rt.dcm", images, tmp_path / "masks")
    for label, name in NAMES.items():
        assert dsc(found[name], label == labels) >= 0.99


def test_a_multi_frame_scan(tmp_path):
    write_series(tmp_path / "ct", HU, AFFINE)
    write_enhanced(tmp_path / "enhanced.dcm", sorted((tmp_path / "ct").iterdir()))
    read = read_series([tmp_path / "enhanced.dcm"])
    ds = write(tmp_path / "rt.dcm", read)
    np.testing.assert_array_equal(by_lungseg(tmp_path / "rt.dcm", read.volume), LABELS)
    for contour in ds.ROIContourSequence[0].ContourSequence:
        z = round((contour.ContourData[2] - AFFINE[2, 3]) / 3)
        assert contour.ContourImageSequence[0].ReferencedFrameNumber == z + 1
    assert violations(tmp_path / "rt.dcm") == []


@pytest.mark.parametrize("lungs", [(), (1,), (2,)])
def test_a_lung_without_voxels(tmp_path, axial, lungs):
    labels = np.where(np.isin(LABELS, lungs), LABELS, 0).astype(np.uint8)
    ds = write(tmp_path / "rt.dcm", axial, labels)
    assert [roi.ROIName for roi in ds.StructureSetROISequence] == [*NAMES.values()]
    np.testing.assert_array_equal(by_lungseg(tmp_path / "rt.dcm", axial.volume), labels)
    assert violations(tmp_path / "rt.dcm") == []


def test_what_the_object_says(tmp_path, axial):
    ds = write(tmp_path / "rt.dcm", axial)
    assert (ds.PatientName, ds.PatientID, ds.StudyInstanceUID) == (
        "Doe^Jane",
        "P-17",
        "1.2.826.0.1.99.1",
    )
    (frame,) = ds.ReferencedFrameOfReferenceSequence
    assert frame.FrameOfReferenceUID == ds.FrameOfReferenceUID == "1.2.826.0.1.99.4"
    (study,) = frame.RTReferencedStudySequence
    assert study.ReferencedSOPInstanceUID == "1.2.826.0.1.99.1"
    (source,) = study.RTReferencedSeriesSequence
    assert source.SeriesInstanceUID == "1.2.826.0.1.99.2"
    assert len(source.ContourImageSequence) == len(HU)
    assert (ds.ApprovalStatus, ds.StructureSetDate) == ("UNAPPROVED", "20240305")
    for roi, seen in zip(ds.StructureSetROISequence, ds.RTROIObservationsSequence, strict=True):
        assert roi.ROIGenerationAlgorithm == "AUTOMATIC"
        assert seen.RTROIInterpretedType == "ORGAN"
        assert seen.ReferencedROINumber == roi.ROINumber


def test_a_long_contour(tmp_path):
    """One of more than the 64 KiB that explicit value representations allow."""
    affine = np.array([[0, 0, 0.7, -123.4567], [0, 0.7, 0, -151.2345], [3, 0, 0, 0], [0, 0, 0, 1]])
    noise = np.random.default_rng(0).random((2, 90, 90)) < 0.75
    labels = np.where(noise, [[[0]], [[1]]], 0).astype(np.uint8)
    write_series(tmp_path / "ct", np.zeros(labels.shape, np.int16), affine)
    read = read_series(sorted((tmp_path / "ct").iterdir()))
    ds = write(tmp_path / "rt.dcm", read, labels)
    longest = max(
        contour.NumberOfContourPoints for contour in ds.ROIContourSequence[0].ContourSequence
    )
    assert 3 * longest * len("-123.4567") > 2**16
    mask, _ = rasterize(
        read_structures(tmp_path / "rt.dcm").structures["Lung_R"].contours, read.volume
    )
    np.testing.assert_array_equal(mask, labels)


def test_a_second_run_writes_the_same_bytes(tmp_path, axial):
    uids = {write(tmp_path / name, axial).SOPInstanceUID for name in ("a.dcm", "b.dcm")}
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    assert len(uids) == 1


def test_a_full_disk_leaves_nothing(tmp_path, axial, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "rt.dcm", axial)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_known_about_the_patient(tmp_path):
    empty = dict.fromkeys(
        [
            *("PatientName", "PatientID", "PatientSex", "PatientBirthDate", "StudyID", "StudyDate"),
            *("StudyTime", "AccessionNumber", "ReferringPhysicianName", "SeriesNumber"),
            *("AcquisitionDate", "AcquisitionTime", "FrameOfReferenceUID"),
        ]
    )
    ds = write(tmp_path / "rt.dcm", series(tmp_path / "ct", **empty))
    assert (ds.PatientName, ds.StructureSetDate) == ("", "")
    assert violations(tmp_path / "rt.dcm") == []


def test_nothing_can_refer_to_a_scan_without_uid(tmp_path):
    read = series(tmp_path / "ct", SeriesInstanceUID=None)
    with pytest.raises(DataError, match="^SeriesInstanceUID is missing"):
        write(tmp_path / "rt.dcm", read)


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("case", ["lidc_slices", "cip_ct64/dicom"])
def test_real_headers(realdata, tmp_path, case):
    read = read_series(sorted((realdata / case).iterdir())[:30])
    labels = (read.volume.voxels < -500).astype(np.uint8)
    labels[:, :, labels.shape[2] // 2 :] *= 2
    write(tmp_path / "rt.dcm", read, labels)
    structures = read_structures(tmp_path / "rt.dcm").structures
    for label, name in NAMES.items():
        mask, _ = rasterize(structures[name].contours, read.volume)
        assert dsc(mask, label == labels) >= 0.99
    assert violations(tmp_path / "rt.dcm") == []
