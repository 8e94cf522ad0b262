"""Image files that are refused, and findings about them."""

from itertools import permutations, product

import nibabel
import nrrd
import numpy as np
import pytest

from lungseg.errors import DataError
from tests.sources.image_files import (
    LPS_TO_RAS,
    codes,
    moved,
    overwrite,
    pair,
    source,
    write_nifti,
    write_nrrd,
)

MOVES = [(order, flips) for order in permutations(range(3)) for flips in product((0, 1), repeat=3)]


@pytest.mark.parametrize("move", MOVES)
def test_any_of_48_orientations_comes_back(move, phantom, tmp_path):
    image, mask, sides, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine, move)
    write_nifti(tmp_path / "a_seg.nii", sides, affine, MOVES[-1 - MOVES.index(move)])
    case = source(tmp_path, labels={"right": [1], "left": [2]}).read("a")
    np.testing.assert_array_equal(case.volume.voxels, image)
    np.testing.assert_allclose(case.volume.affine, affine, atol=1e-4)
    np.testing.assert_array_equal(case.mask, mask)
    np.testing.assert_array_equal(case.sides, sides)
    assert case.audit["findings"] == []
    assert case.audit["alignment"]["flip"] == [False] * 3
    assert case.audit["alignment"]["score"] > 0.6


def test_scaling_is_applied_and_rounding_reported(phantom, tmp_path):
    image, mask, _, affine = phantom
    stored = (image.astype(np.int32) + 1024).astype(np.uint16)
    for name, inter in (("a", -1024), ("b", -1024.3)):
        write_nifti(tmp_path / f"{name}_ct.nii", stored, affine)
        # scl_slope, scl_inter
        overwrite(tmp_path / f"{name}_ct.nii", 112, np.array([1, inter], "<f4"))
        write_nifti(tmp_path / f"{name}_seg.nii", mask, affine)
    a, b = (source(tmp_path).read(name) for name in "ab")
    np.testing.assert_array_equal(a.volume.voxels, image)
    assert codes(a) == []
    assert codes(b) == ["non-integer"]
    assert a.source_sha256 != b.source_sha256


def test_findings(phantom, tmp_path):
    image, mask, _, affine = phantom
    file, mask_file = pair(tmp_path, phantom)
    write_nifti(file, np.clip(image, -1024, None) + 1024, affine, unit="unknown")
    assert codes(source(tmp_path).read("a")) == ["units-unknown", "implausible-hu", "mask-score"]

    made = nibabel.Nifti1Image(image.transpose(2, 1, 0), LPS_TO_RAS @ affine[:, [2, 1, 0, 3]])
    made.header.set_xyzt_units("mm")
    made.set_qform(made.affine @ np.diag([1, 1, 1.01, 1]), code=1)
    nibabel.save(made, file)
    case = source(tmp_path).read("a")
    assert codes(case) == ["sform-qform"]
    assert case.audit["findings"][0]["severity"] == "error"

    write_nifti(file, image, affine)
    write_nifti(mask_file, np.where(mask, 5, 9).astype(np.uint8), affine)
    assert codes(source(tmp_path, labels={"both": [5]}).read("a")) == ["labels-left-out"]
    write_nifti(mask_file, np.roll(mask, 20, axis=2), affine)
    assert codes(source(tmp_path).read("a")) == ["mask-score"]


REFUSED = {
    "another grid": ({"by": (0, 0.5)}, "its grid is not the image's"),
    "outside": ({"by": (0, 500)}, "voxels are outside the image"),
    "time": ({"repeat": 3}, "the file has 4 axes"),
    "metres": ({"unit": "meter"}, "unit of length is meter"),
    "no orientation": ({"codes": 0}, "neither sform nor qform"),
    "other labels": ({"times": 4}, "the value 4; say which are lung"),
    "no labels": ({"times": 0.5}, "not whole numbers"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_masks_that_are_refused(change, message, phantom, tmp_path):
    image, mask, _, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    affine = affine.copy()
    row, by = change.get("by", (0, 0))
    affine[row, 3] += by * affine[row, 2]
    stored = mask * np.float32(change.get("times", 1))
    stored, affine = moved(stored, affine, (2, 1, 0), (0, 0, 0))
    stored = np.stack([stored] * change.get("repeat", 1), axis=-1)
    made = nibabel.Nifti1Image(stored, LPS_TO_RAS @ affine)
    made.header.set_xyzt_units(change.get("unit", "mm"))
    nibabel.save(made, tmp_path / "a_seg.nii")
    if "codes" in change:
        overwrite(tmp_path / "a_seg.nii", 252, np.zeros(2, "<i2"))  # qform_code, sform_code
    with pytest.raises(DataError, match=f"^a: .*{message}"):
        source(tmp_path).read("a")


def test_images_that_are_refused(phantom, tmp_path):
    image, _, _, affine = phantom
    file, _ = pair(tmp_path, phantom)
    angle = np.deg2rad(10)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    odd = image.astype(np.float32)
    odd[0, 0, 0] = np.nan
    for array, where, message in (
        (image, turn @ affine, "oblique"),
        (odd, affine, "not finite"),
        (image.astype(np.float32) + 40000, affine, "not HU"),
        (image.astype(np.float32)[:0], affine, "0 voxels"),
    ):
        write_nifti(file, array, where)
        with pytest.raises(DataError, match=f"^a: .*{message}"):
            source(tmp_path).read("a")
    write_nifti(file, image, affine)
    whole = file.read_bytes()
    huge = bytearray(whole)
    huge[42:48] = np.array([30000] * 3, "<i2").tobytes()
    for content in (whole[:-100], whole[:100], b"", bytes(huge)):
        file.write_bytes(content)
        with pytest.raises(DataError, match="^a: "):
            source(tmp_path).read("a")


def test_nrrd_that_is_refused(phantom, tmp_path):
    image, mask, _, affine = phantom
    write_nrrd(tmp_path / "a_seg.nrrd", mask, affine)
    file = tmp_path / "a_ct.nrrd"
    for header, message in (
        ({"space": "scanner-xyz"}, "space must be one of left-posterior-superior"),
        ({"space": "Doe^John 1956"}, "space must be one of left-posterior-superior"),
        ({"space units": ["cm", "cm", "cm"]}, "unit of length is not mm"),
        ({"space units": ["Doe^John", "mm", "mm"]}, "unit of length is not mm"),
    ):
        write_nrrd(file, image, affine, **header)
        with pytest.raises(DataError, match=f"^a: .*{message}") as info:
            source(tmp_path).read("a")
        assert "Doe" not in str(info.value)
    nrrd.write(str(file), image)
    with pytest.raises(DataError, match="^a: .*no space directions"):
        source(tmp_path).read("a")
    write_nrrd(file, image, affine)
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(DataError, match="^a: .*truncated or damaged"):
        source(tmp_path).read("a")
    write_nrrd(file, image, affine, **{"space": "RAS"})
    with pytest.raises(DataError, match="^a: the mask: its grid is not"):
        source(tmp_path).read("a")
