"""NIfTI and NRRD: every layout, every axis order, and what is refused."""

import json
import pickle
from functools import cache
from itertools import permutations, product

import nibabel
import nrrd
import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from lungseg.config import build, conf_dir
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.errors import ConfigError, DataError
from lungseg.phantom import make_case

MOVES = [(order, flips) for order in permutations(range(3)) for flips in product((0, 1), repeat=3)]
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@cache
def composed():
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose("prepare", ["data=nifti"])


def source(root, **settings):
    """As the YAML makes it."""
    config = composed().copy()
    config.data.root = str(root)
    for key, value in settings.items():
        config.data[key] = value
    return build(config.data.source, "data")


@pytest.fixture(scope="module")
def phantom():
    """Image, mask, sides and affine (LPS, ``[z, y, x]``) of a synthetic patient."""
    case = make_case(0, size=64, n_slices=24)
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]] = case.spacing
    affine[:3, 3], affine[3, 3] = case.origin, 1
    sides = case.mask.copy()
    sides[:, :, 32:] *= 2  # x runs to the patient's left
    return case.image, case.mask, sides, affine


def moved(array, affine, order, flips):
    """The same voxels in the same places, stored another way."""
    array, affine = array.transpose(order), affine[:, [*order, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
            affine[:, axis] *= -1
            array = np.flip(array, axis)
    return array, affine


def write_nifti(path, array, affine, move=((2, 1, 0), (0, 0, 0)), unit="mm"):
    path.parent.mkdir(parents=True, exist_ok=True)
    array, affine = moved(array, affine, *move)
    image = nibabel.Nifti1Image(array, LPS_TO_RAS @ affine)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)


def overwrite(file, at, values):
    content = bytearray(file.read_bytes())
    content[at : at + values.nbytes] = values.tobytes()
    file.write_bytes(content)


def write_nrrd(path, array, affine, **header):
    path.parent.mkdir(parents=True, exist_ok=True)
    array, affine = moved(array, affine, (2, 1, 0), (1, 0, 0))
    geometry = {
        "space": "left-posterior-superior",
        "space directions": affine[:3, :3].T,
        "space origin": affine[:3, 3],
    }
    nrrd.write(str(path), array, geometry | header)


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


LAYOUTS = {
    "nnU-Net": ("imagesTr/{}_0000.nii.gz", "labelsTr/{}.nii.gz"),
    "MSD": ("imagesTr/{}.nii.gz", "labelsTr/{}.nii.gz"),
    "two folders": ("images/{}.nii", "masks/{}.nii"),
    "flat": ("{}_ct.nii.gz", "{}_seg.nii.gz"),
    "folder a case": ("{}/ct.nii.gz", "{}/lung.nii.gz"),
    "folder a case, plain": ("{}/image.nrrd", "{}/mask.nrrd"),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_usual_layouts_are_told_by_what_is_there(layout, phantom, tmp_path):
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


def test_slicer_segmentation_goes_by_names(phantom, tmp_path):
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


def test_scaling_is_applied_and_rounding_told(phantom, tmp_path):
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


def codes(case):
    return [finding["code"] for finding in case.audit["findings"]]


def pair(folder, phantom):
    image, mask, _, affine = phantom
    write_nifti(folder / "a_ct.nii", image, affine)
    write_nifti(folder / "a_seg.nii", mask, affine)
    return folder / "a_ct.nii", folder / "a_seg.nii"


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
    "outside": ({"by": (0, 500)}, "voxels lie outside the image"),
    "time": ({"repeat": 3}, "the file has 4 axes"),
    "metres": ({"unit": "meter"}, "unit of length is meter"),
    "no orientation": ({"codes": 0}, "neither sform nor qform"),
    "other labels": ({"times": 4}, r"none of the values \[1\] of data.labels, but 4"),
    "no labels": ({"times": 0.5}, "no whole numbers"),
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


def test_a_mask_by_side_holds_one_value(phantom, tmp_path):
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
        (np.where(right, 0.9, 0.001).astype(np.float32), "no whole numbers"),
        (sides, "must hold 0 and one other value, but has 0, 1, 2"),
        (np.ones_like(mask), "must hold 0 and one other value, but has 1"),
    ):
        write_nifti(tmp_path / "a_right.nii", stored, affine)
        with pytest.raises(DataError, match=f"^a: .*{message}"):
            made.read("a")


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
        (odd, affine, "no numbers"),
        (image.astype(np.float32) + 40000, affine, "no HU"),
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
        ({"space": "scanner-xyz"}, "space is none of left-posterior-superior"),
        ({"space": "Doe^John 1956"}, "space is none of left-posterior-superior"),
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


def test_settings_that_are_refused(tmp_path):
    for settings, message in (
        ({"labels": {"both": [0]}}, "above 0"),
        ({"labels": {"both": []}}, "at least one value"),
        ({"labels": {"right": [1], "both": [1]}}, "each once"),
        ({"labels": {"lung": [1]}}, "'lung' is none of left, right, both"),
        ({"images": "{case}.nii"}, "go together"),
        ({"images": "ct.nii", "masks": "{case}.nii"}, "where {case} stands"),
        ({"images": "{patch}.nii", "masks": "{case}.nii"}, "{patch} is no placeholder"),
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


def test_npz_goes_by_evidence(phantom, tmp_path):
    image, mask, _, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    np.savez_compressed(tmp_path / "a_seg.npz", masks=mask[::-1, :, ::-1])
    case = source(tmp_path).read("a")
    np.testing.assert_array_equal(case.mask, mask)
    assert case.audit["alignment"]["flip"] == [True, False, True]


@pytest.mark.realdata
def test_a_real_nrrd_and_its_dicom_are_one_and_the_mask_lies_on_the_lungs(realdata, tmp_path):
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
