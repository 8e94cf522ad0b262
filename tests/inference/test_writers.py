"""Masks in every format lie on the scan's voxels, for programs that are not ours."""

import itertools
import os

import nibabel
import nrrd
import numpy as np
import pytest
import SimpleITK

from lungseg.errors import DataError
from lungseg.inference.writers import DICOM_ONLY, FORMATS, Algorithm, write
from tests.dicom.oriented import AFFINE, ALL, HU, LABELS, on_grid
from tests.dicom.read_back import by_highdicom, by_itk
from tests.dicom.test_rtstruct_writer import by_lungseg
from tests.inference.scans import LPS_TO_RAS, dicom_scan, image_scan, read_image

ABOUT = Algorithm("lungseg", "1.2", "ab" * 32)
FLIPS = list(itertools.product((0, 1), repeat=3))
# Orders and directions of (slice, row, column) with slices in each of the three planes.
DICOM_TURNS = [((0, 1, 2), (0, 0, 0)), ((0, 2, 1), (1, 0, 1)), ((1, 0, 2), (0, 1, 0))]
DICOM_TURNS += [((2, 1, 0), (1, 1, 0))]


def out(folder, scan, format, **how):
    return write(format, folder, scan, LABELS, algorithm=ABOUT, **how)


def by_nibabel(file):
    image = nibabel.load(file)
    for affine, code in (image.get_sform(coded=True), image.get_qform(coded=True)):
        assert code == 1
        np.testing.assert_allclose(affine, image.affine, atol=1e-4)
    return on_grid(np.asanyarray(image.dataobj), LPS_TO_RAS @ image.affine)


def by_pynrrd(file):
    array, header = nrrd.read(str(file))
    assert header["space"] == "left-posterior-superior"
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = header["space directions"].T, header["space origin"]
    return on_grid(array, affine)


def check_images(folder, scan):
    nifti, flat = out(folder, scan, "nifti"), out(folder, scan, "nrrd")
    for found in (by_nibabel(nifti), by_itk(nifti), by_pynrrd(flat), by_itk(flat)):
        np.testing.assert_array_equal(found, LABELS)
        assert found.dtype == np.uint8
    return nibabel.load(nifti), nrrd.read_header(str(flat))


@pytest.mark.parametrize(("axes", "flips"), ALL)
def test_all_axes_of_image_files(tmp_path, axes, flips):
    scan = image_scan(tmp_path / "scan.nii.gz", axes, flips)
    nifti, flat = check_images(tmp_path, scan)
    image = nibabel.load(tmp_path / "scan.nii.gz")
    assert nifti.shape == image.shape
    np.testing.assert_array_equal(nifti.affine, image.affine)
    np.testing.assert_array_equal(flat["sizes"], image.shape)


@pytest.mark.parametrize(("axes", "flips"), [((2, 1, 0), (0, 0, 0)), ((0, 2, 1), (1, 0, 1))])
def test_axes_of_nrrd_files(tmp_path, axes, flips):
    scan = image_scan(tmp_path / "scan.nrrd", axes, flips)
    _, flat = check_images(tmp_path, scan)
    image = nrrd.read_header(str(tmp_path / "scan.nrrd"))
    for key in ("sizes", "space directions", "space origin"):
        np.testing.assert_array_equal(flat[key], image[key])


@pytest.mark.parametrize(("axes", "flips"), DICOM_TURNS)
def test_axes_of_dicom(tmp_path, axes, flips):
    """Image files have the layout that ITK gives the series."""
    scan = dicom_scan(tmp_path / "ct", axes, flips)
    nifti, _ = check_images(tmp_path, scan)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "ct")))
    image = reader.Execute()
    assert nifti.shape == image.GetSize()
    mask = SimpleITK.ReadImage(str(tmp_path / "lungs.nii.gz"))
    np.testing.assert_allclose(mask.GetOrigin(), image.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(mask.GetDirection(), image.GetDirection(), atol=1e-6)
    np.testing.assert_allclose(mask.GetSpacing(), image.GetSpacing(), rtol=1e-6)
    np.testing.assert_array_equal(by_highdicom(out(tmp_path, scan, "seg")), LABELS)
    found = by_lungseg(out(tmp_path, scan, "rtstruct"), scan.volume)
    np.testing.assert_array_equal(found, LABELS)


def test_right_is_right(tmp_path):
    """In LPS, x grows toward the patient's left."""
    image = SimpleITK.ReadImage(str(out(tmp_path, image_scan(tmp_path / "a.nii"), "nifti")))
    shape = SimpleITK.LabelShapeStatisticsImageFilter()
    shape.Execute(image)
    assert shape.GetCentroid(1)[0] < shape.GetCentroid(2)[0]
    # The right lung was made larger.
    assert shape.GetPhysicalSize(1) > shape.GetPhysicalSize(2)


def test_npz(tmp_path):
    with np.load(out(tmp_path, image_scan(tmp_path / "a.nii", (1, 2, 0)), "npz")) as arrays:
        assert set(arrays) == {"image", "mask"}
        np.testing.assert_array_equal(arrays["image"], HU)
        np.testing.assert_array_equal(arrays["mask"], LABELS > 0)
        assert (arrays["image"].dtype, arrays["mask"].dtype) == (np.int16, np.uint8)


def test_a_tilted_gantry(tmp_path):
    """A quaternion cannot express sheared axes: then NIfTI has the matrix alone."""
    sheared = AFFINE.copy()
    sheared[1, 0] = 0.1
    nibabel.save(nibabel.Nifti1Image(HU, LPS_TO_RAS @ sheared), tmp_path / "scan.nii")
    scan = read_image(tmp_path / "scan.nii")
    nifti = nibabel.load(out(tmp_path, scan, "nifti"))
    np.testing.assert_allclose(nifti.affine, LPS_TO_RAS @ sheared, atol=1e-4)
    assert nifti.get_qform(coded=True)[1] == 0


@pytest.mark.parametrize("format", FORMATS)
def test_a_second_run_writes_the_same_bytes(tmp_path, format):
    scan = dicom_scan(tmp_path / "ct")
    files = [out(tmp_path / name, scan, format) for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_leaves_nothing(tmp_path, format, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    scan = dicom_scan(tmp_path / "ct")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        out(tmp_path / "out", scan, format)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("format", DICOM_ONLY)
def test_dicom_only_for_dicom(tmp_path, format):
    with pytest.raises(DataError, match=f"^{format} belongs to a DICOM study"):
        out(tmp_path, image_scan(tmp_path / "a.nii"), format)


def test_nothing_of_the_patient_is_in_image_files(tmp_path):
    scan = dicom_scan(tmp_path / "ct")
    for format in ("nifti", "nrrd", "npz"):
        content = out(tmp_path, scan, format).read_bytes()
        for word in (b"Doe", b"P-17", b"1.2.826", b"2024", str(tmp_path).encode(), b"lungs.n"):
            assert word not in content


def test_probabilities(tmp_path):
    """Outside the mask they count to the nearer lung."""
    from highdicom.seg import segread

    probabilities = np.where(LABELS > 0, 200, 0).astype(np.uint8)
    probabilities[2, 20, 5] = 90  # on the far right,
    probabilities[12, 20, 45] = 80  # on the far left
    scan = dicom_scan(tmp_path / "ct", (0, 2, 1), (0, 1, 1))
    seg = segread(out(tmp_path, scan, "seg", probabilities=probabilities))
    found = {}
    for lung in (1, 2):
        volume = seg.get_volume(segment_numbers=[lung], rescale_fractional=False)
        found[lung] = on_grid(volume.array[..., 0], volume.affine)
        assert (found[lung][lung == LABELS] == 200).all()
    np.testing.assert_array_equal(found[1] + found[2], probabilities)
    assert (found[1][2, 20, 5], found[2][12, 20, 45]) == (90, 80)
