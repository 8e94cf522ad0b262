"""NIfTI and NRRD: every layout, every axis order, and what is refused."""

import json

import nrrd
import numpy as np
import pytest

from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError
from tests.sources.image_files import pair, source, write_nifti, write_nrrd


def test_slicer_segmentation_is_matched_by_names(phantom, tmp_path):
    """Two layers, cut to what is segmented, as 3D Slicer writes them."""
    image, mask, sides, affine = phantom
    write_nrrd(tmp_path / "a_ct.nrrd", image, affine)
    slab = slice(*np.flatnonzero(mask.any(axis=(1, 2)))[[0, -1]] + [0, 1])
    at = affine.copy()
    at[:, 3] = affine @ (slab.start, 0, 0, 1)
    layers = np.stack([(sides[slab] == 2) * 7, (sides[slab] == 1) * 3]).astype(np.uint8)
    header = {
        "type": "uint8",
        "space": "left-posterior-superior",
        "kinds": ["list", "domain", "domain", "domain"],
        "space directions": np.vstack([[np.nan] * 3, at[:3, [2, 1, 0]].T]),
        "space origin": at[:3, 3],
        "Segment0_Name": "left lung",
        "Segment0_LabelValue": "7",
        "Segment0_Layer": "0",
        "Segment1_Name": "Right Lung",
        "Segment1_LabelValue": "3",
        "Segment1_Layer": "1",
        "Segment2_Name": "trachea",
        "Segment2_LabelValue": "1",
        "Segment2_Layer": "1",
    }
    nrrd.write(str(tmp_path / "a_seg.seg.nrrd"), layers.transpose(0, 3, 2, 1), header)
    made = source(tmp_path, images="{case}_ct.nrrd", masks="{case}_seg.seg.nrrd")
    np.testing.assert_array_equal(made.read("a").sides, sides)


def test_a_mask_by_side_has_one_value(phantom, tmp_path):
    image, mask, sides, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    write_nifti(tmp_path / "a_left.nii", (sides == 2).astype(np.uint8), affine)
    made = source(
        tmp_path,
        images="{case}_ct.nii",
        masks={"left": "{case}_left.nii", "right": "{case}_right.nii"},
    )
    right = (sides == 1).astype(np.uint8)
    write_nifti(tmp_path / "a_right.nii", right * 255, affine)
    np.testing.assert_array_equal(made.read("a").sides, sides)
    for stored, message in (
        (np.where(right, 0.9, 0.001).astype(np.float32), "not whole numbers"),
        (sides, "must have 0 and one other value, but has 0, 1, 2"),
        (np.ones_like(mask), "must have 0 and one other value, but has 1"),
    ):
        write_nifti(tmp_path / "a_right.nii", stored, affine)
        with pytest.raises(DataError, match=f"^a: .*{message}"):
            made.read("a")


def test_npz_is_oriented_by_evidence(phantom, tmp_path):
    image, mask, _, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    np.savez_compressed(tmp_path / "a_seg.npz", masks=mask[::-1, :, ::-1])
    case = source(tmp_path).read("a")
    np.testing.assert_array_equal(case.mask, mask)
    assert case.audit["alignment"]["flip"] == [True, False, True]


@pytest.mark.realdata
def test_a_real_nrrd_equals_its_dicom_and_the_mask_fits_the_lungs(realdata, tmp_path):
    real = realdata / "cip_ct64"
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "64").symlink_to(real / "dicom")
    (tmp_path / "nrrd").mkdir()
    (tmp_path / "nrrd" / "64.nrrd").symlink_to(real / "ct-64.nrrd")
    (tmp_path / "64.nrrd").symlink_to(real / "wholeLung-64.nrrd")
    a, b = (
        source(tmp_path, images=images, masks="{case}.nrrd").read("64")
        for images in ("nrrd/{case}.nrrd", "dicom/{case}")
    )
    np.testing.assert_array_equal(a.volume.voxels, b.volume.voxels)
    np.testing.assert_allclose(a.volume.affine, b.volume.affine, atol=0.01)
    np.testing.assert_array_equal(a.mask, b.mask)
    for case in (a, b):
        assert case.audit["alignment"]["score"] > 0.9
        assert case.volume.voxels[case.mask > 0].mean() < -700
    np.testing.assert_array_equal(
        read_series(dicom_files(real / "dicom")).volume.voxels, a.volume.voxels
    )


def test_prepare(phantom, tmp_path, cli):
    pair(tmp_path / "data", phantom)
    done = cli("prepare", "data=nifti", "data.root=data")
    assert done.returncode == 0, done.stderr
    audit = json.loads(next(tmp_path.glob("outputs/prepared/nifti-*/audit.json")).read_text())[
        "cases"
    ]
    assert audit["a"]["alignment"]["score"] > 0.6
    line = cli.refused("prepare", "data=nifti", "data.root=data", "data.images='{case}'")
    assert "data.images and data.masks go together" in line
