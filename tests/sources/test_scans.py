"""Scans are found in any folder, each once, and what is no scan is counted."""

import shutil

import nibabel
import numpy as np
import pydicom
import pytest

from lungseg.errors import ConfigError, DataError
from lungseg.sources.scans import find_scans


def pseudonym(uid):
    return f"scan-{uid[-4:]}"


@pytest.fixture
def series(phantom_root):
    return phantom_root / "Images" / "Case_008"


def test_a_series_is_one_scan_whatever_its_folders(series, tmp_path):
    files = sorted(series.iterdir())
    for k, file in enumerate(files):
        target = tmp_path / f"{k % 3}" / "no ending" / f"{k}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
        if k < 2:  # exported twice
            shutil.copy(file, tmp_path / f"copy{k}")
    (found,) = find_scans(tmp_path, pseudonym).scans
    scan = found.read()
    assert len(scan.volume.voxels) == len(files)
    assert {finding.code for finding in scan.findings} >= {"duplicate-slice"}
    assert str(found.name) == pseudonym(pydicom.dcmread(files[0]).SeriesInstanceUID)
    whole = find_scans(series, pseudonym).scans[0].read()
    assert scan.image_sha256 == whole.image_sha256
    for k, (file, _) in enumerate(whole.instances):
        stored = whole.as_stored(whole.volume.voxels)[k]
        dataset = pydicom.dcmread(file)
        hu = dataset.pixel_array.astype(int) * int(dataset.RescaleSlope)
        hu += int(dataset.RescaleIntercept)
        np.testing.assert_array_equal(stored, np.maximum(hu, -1024))


@pytest.mark.parametrize("ending", ["png", "TIF", "jpg"])
def test_two_dimensional_images_are_refused_with_what_they_lack(ending, tmp_path):
    for z in range(3):
        (tmp_path / f"{z}.{ending}").write_bytes(b"no DICOM")
    for path in (tmp_path, tmp_path / f"0.{ending}"):
        with pytest.raises(
            DataError, match="2-D images, which say neither HU nor spacing"
        ) as error:
            find_scans(path, pseudonym)
        count = 3 if path == tmp_path else 1
        assert f"no CT in it: {count} file(s) 2-D" in str(error.value)
        assert "spacing_mm=[z,y,x]" in str(error.value)
        assert len(str(error.value).splitlines()) == 1


def test_what_is_left_out_is_counted(series, tmp_path):
    shutil.copytree(series, tmp_path / "a")
    (tmp_path / "a" / "notes.txt").write_text("no scan")
    (tmp_path / ".hidden").mkdir()
    shutil.copy(next(series.iterdir()), tmp_path / ".hidden" / "x.dcm")
    (tmp_path / "case.zarr").mkdir()
    (tmp_path / "case.zarr" / "0.0.0").write_bytes(b"chunk")
    scout = pydicom.dcmread(next(series.iterdir()))
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.SeriesInstanceUID = pydicom.uid.generate_uid()
    scout.save_as(tmp_path / "scout.dcm")
    found = find_scans(tmp_path, pseudonym)
    assert len(found.scans) == 1
    assert found.left_out == {
        "not an image format that is read": 1,
        "DICOM, but not CT slices": 1,
    }
    assert not found.unreadable


def test_names_of_files_are_unique_and_in_natural_order(tmp_path):
    image = nibabel.Nifti1Image(np.full((4, 4, 4), -500, np.int16), np.eye(4))
    for name in ("b/ct.nii.gz", "b/ct.nii", "a10.nii.gz", "a9.nii.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        nibabel.save(image, tmp_path / name)
    names = [scan.name for scan in find_scans(tmp_path, pseudonym).scans]
    assert names == ["a9", "a10", "b_ct", "b_ct-2"]


def test_npz_needs_a_spacing(tmp_path):
    file = tmp_path / "scan.npz"
    voxels = np.random.default_rng(0).integers(-1000, 400, (5, 6, 7)).astype(np.int16)
    np.savez(file, image=voxels)
    with pytest.raises(DataError, match=r"spacing_mm=\[z,y,x\]"):
        find_scans(file, pseudonym).scans[0].read()
    scan = find_scans(file, pseudonym, [3, 0.8, 0.7]).scans[0].read()
    np.testing.assert_array_equal(scan.volume.voxels, voxels)
    assert scan.volume.spacing == pytest.approx((3, 0.8, 0.7))
    for wrong in ([1, 2], ["a", 1, 2], 3):
        with pytest.raises(ConfigError, match="spacing_mm"):
            find_scans(file, pseudonym, wrong)
    np.savez(file, other=voxels)
    with pytest.raises(DataError, match="no array 'image'"):
        find_scans(file, pseudonym, [3, 1, 1]).scans[0].read()
    file.write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(DataError, match="damaged"):
        find_scans(file, pseudonym, [3, 1, 1]).scans[0].read()


def test_a_mask_is_not_taken_for_a_ct(tmp_path):
    labels = np.random.default_rng(0).integers(0, 3, (5, 6, 7)).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), tmp_path / "mask.nii.gz")
    (found,) = find_scans(tmp_path, pseudonym).scans
    with pytest.raises(DataError, match="whole numbers from 0 to 2: a mask, not a CT"):
        found.read()
