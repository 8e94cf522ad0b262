"""Usual layouts of files, and how images and masks are paired."""

import pickle

import numpy as np
import pytest

from lungseg.errors import ConfigError, DataError
from tests.sources.image_files import pair, source, write_nifti, write_nrrd

LAYOUTS = {
    "nnU-Net": ("imagesTr/{}_0000.nii.gz", "labelsTr/{}.nii.gz"),
    "MSD": ("imagesTr/{}.nii.gz", "labelsTr/{}.nii.gz"),
    "two folders": ("images/{}.nii", "masks/{}.nii"),
    "flat": ("{}_ct.nii.gz", "{}_seg.nii.gz"),
    "folder a case": ("{}/ct.nii.gz", "{}/lung.nii.gz"),
    "folder a case, plain": ("{}/image.nrrd", "{}/mask.nrrd"),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_usual_layouts_are_recognized_by_existing_files(layout, phantom, tmp_path):
    image, mask, _, affine = phantom
    for name in ("lung_10", "lung_2"):
        for array, pattern in zip((image, mask), layout, strict=True):
            write = write_nrrd if pattern.endswith("nrrd") else write_nifti
            write(tmp_path / pattern.format(name), array, affine)
    (tmp_path / "imagesTr").mkdir(exist_ok=True)
    (tmp_path / "imagesTr" / "._lung_2_0000.nii.gz").touch()  # left behind by a Mac
    made = pickle.loads(pickle.dumps(source(tmp_path)))
    assert made.cases() == ["lung_2", "lung_10"]
    case = made.read("lung_2")
    np.testing.assert_array_equal(case.volume.voxels, image)
    np.testing.assert_array_equal(case.mask, mask)
    assert made.state("lung_2") != made.state("lung_10")


def test_total_segmentator_has_a_file_a_lobe(phantom, tmp_path):
    image, mask, sides, affine = phantom
    write_nifti(tmp_path / "s1" / "ct.nii.gz", image, affine)
    half = len(mask) // 2
    lobes = {"upper_lobe_right": 1, "lower_lobe_right": 1, "upper_lobe_left": 2}
    for name, side in lobes.items():
        lobe = (sides == side).astype(np.uint8)
        if side == 1:
            lobe[slice(half) if "upper" in name else slice(half, None)] = 0
        write_nifti(tmp_path / "s1" / "segmentations" / f"lung_{name}.nii.gz", lobe, affine)
    write_nifti(tmp_path / "s1" / "segmentations" / "heart.nii.gz", mask, affine)
    case = source(tmp_path).read("s1")
    np.testing.assert_array_equal(case.sides, sides)
    np.testing.assert_array_equal(case.mask, mask)


@pytest.mark.parametrize("masks", [None, "none"])
def test_formats_that_are_not_read_are_named(tmp_path, masks):
    for name in ("a/image.mha", "a/mask.mha", "b/image.MHD", "b/image.raw"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    line = r"data.root: .mha and .mhd files are not read; supported are .nii, .nii.gz, .nrrd$"
    with pytest.raises(DataError, match=line):
        source(tmp_path, masks=masks).cases()


@pytest.mark.parametrize("part", ["imagesTr", "labelsTr"])
def test_the_folder_of_images_or_masks_alone(phantom, tmp_path, part, monkeypatch):
    write_nifti(tmp_path / "imagesTr" / "a_0000.nii.gz", phantom[0], phantom[3])
    write_nifti(tmp_path / "labelsTr" / "a.nii.gz", phantom[1], phantom[3])
    monkeypatch.chdir(tmp_path / part)
    for root in (tmp_path / part, "."):
        line = f"data.root: {part} has one half .*: did you mean the folder above"
        with pytest.raises(DataError, match=line) as refusal:
            source(root).cases()
        assert refusal.value.path == tmp_path
    (tmp_path / "labelsTr").rename(tmp_path / "elsewhere")
    if part == "imagesTr":
        with pytest.raises(DataError, match="no pair of image and mask in a usual layout"):
            source(tmp_path / part).cases()


def test_pairing(phantom, tmp_path):
    with pytest.raises(DataError, match=r"data.root: no pair of image and mask in a usual layout"):
        source(tmp_path).cases()
    pair(tmp_path, phantom)
    (tmp_path / "b_ct.nii").touch()
    with pytest.raises(DataError, match="b: no mask"):
        source(tmp_path).cases()
    (tmp_path / "b_seg.nii").touch()
    (tmp_path / "b_seg.nii.gz").touch()
    with pytest.raises(DataError, match="b: more than one"):
        source(tmp_path).cases()
    with pytest.raises(DataError, match="no such folder"):
        source(tmp_path / "nowhere").cases()
    with pytest.raises(DataError, match=r"^data.root: no file matches data.images=\{case}/ct.nii "):
        source(tmp_path, images="{case}/ct.nii", masks="{case}_seg.nii").cases()


def test_settings_that_are_refused(tmp_path):
    for settings, message in (
        ({"labels": {"both": [0]}}, "above 0"),
        ({"labels": {"right": [1], "both": [1]}}, "each value once"),
        ({"labels": {"lung": [1]}}, "'lung' must be left, right or both"),
        ({"images": "{case}.nii"}, "go together"),
        ({"images": "ct.nii", "masks": "{case}.nii"}, "no placeholder {case}"),
        ({"images": "{patch}.nii", "masks": "{case}.nii"}, "{patch} is not a placeholder"),
        ({"images": "../{case}.nii", "masks": "{case}.nii"}, "below data.root"),
    ):
        with pytest.raises(ConfigError, match=message):
            source(tmp_path, **settings).cases()


def test_patients_by_placeholder(phantom, tmp_path):
    image, mask, _, affine = phantom
    for name in ("p1/a", "p1/b", "p2/c"):
        write_nifti(tmp_path / f"{name}_ct.nii", image, affine)
        write_nifti(tmp_path / f"{name}_lung.nii", mask, affine)
    made = source(tmp_path, images="{patient}/{case}_ct.nii", masks="*/{case}_lung.nii")
    assert made.cases() == ["a", "b", "c"]
    assert [made.patient(name) for name in made.cases()] == [{"p1"}, {"p1"}, {"p2"}]
