"""Masks in files that nibabel, SimpleITK, highdicom and NumPy wrote, on the image's grid."""

from itertools import permutations, product

import numpy as np
import pydicom
import pytest

from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from lungseg.sources.lungs import LungNames
from lungseg.sources.predicted.read import read_mask
from lungseg.sources.predicted.rules import MaskRules
from tests.dicom.write_rtstruct import write_rtstruct
from tests.dicom.write_seg import write_seg
from tests.sources.image_files import write_nrrd
from tests.sources.predicted.grid import (
    GRID,
    ORIGIN,
    SHAPE,
    SPACING,
    lungs,
    write_itk,
    write_nibabel,
)

LUNGS = LungNames(left=["lung_l"], right=["lung_r"], both=["lungs?"])
USUAL = MaskRules(LUNGS, resampled_by="predictions.resample=true")
CODES = [
    "".join(axes[k][flip] for k, flip in zip(order, flips, strict=True))
    for axes in [("RL", "AP", "IS")]
    for order in permutations(range(3))
    for flips in product((0, 1), repeat=3)
]


@pytest.mark.parametrize("code", CODES)
def test_nifti_in_each_of_48_orientations(code, tmp_path):
    write_nibabel(tmp_path / "a.nii.gz", lungs(), code)
    made = read_mask([tmp_path / "a.nii.gz"], GRID, USUAL)
    np.testing.assert_array_equal(made.mask, lungs() > 0)
    assert (made.probability, made.resampled, made.notes) == (None, False, ())


@pytest.mark.parametrize("axes", ["LPS", "RAI", "PIR", "SAL"])
@pytest.mark.parametrize("ending", ["nrrd", "nii"])
def test_by_simpleitk(ending, axes, tmp_path):
    file = tmp_path / f"a.{ending}"
    write_itk(file, lungs(), axes=axes)
    np.testing.assert_array_equal(read_mask([file], GRID, USUAL).mask, lungs() > 0)
    probability = np.random.default_rng(0).random(SHAPE, np.float32)
    write_itk(file, probability, axes=axes)
    made = read_mask([file], GRID, MaskRules(LUNGS, threshold=0.7))
    np.testing.assert_array_equal(made.probability, probability)
    np.testing.assert_array_equal(made.mask, probability >= 0.7)
    assert made.graded


def test_a_part_of_the_image_and_another_grid(tmp_path):
    file = tmp_path / "a.nii"
    origin = np.add(ORIGIN, np.multiply((1, 2, 1), SPACING[::-1]))
    write_nibabel(file, lungs()[1:, 2:, 1:], "RAS", origin=origin)
    expected = np.zeros(SHAPE, bool)
    expected[1:, 2:, 1:] = lungs()[1:, 2:, 1:] > 0
    np.testing.assert_array_equal(read_mask([file], GRID, USUAL).mask, expected)
    # By one voxel along x: where its geometry says, though the array is the same.
    write_nibabel(file, lungs(), "LPS", origin=np.add(ORIGIN, (SPACING[2], 0, 0)))
    made = read_mask([file], GRID, USUAL)
    np.testing.assert_array_equal(made.mask[:, :, 1:], lungs()[:, :, :-1] > 0)
    # By half a voxel.
    write_nibabel(file, lungs(), "LPS", origin=np.add(ORIGIN, (0, 0, 1.5)))
    with pytest.raises(DataError, match="corners are up to 0.5 voxels away; predictions.resample"):
        read_mask([file], GRID, USUAL)
    with pytest.raises(DataError, match="0.5 voxels away; masks are not resampled"):
        read_mask([file], GRID, MaskRules(LUNGS))


def test_resampled(tmp_path):
    file = tmp_path / "a.nii"
    fine = np.repeat(lungs() > 0, 2, axis=0)  # each slice as two thin ones
    origin = np.add(ORIGIN, (0, 0, -SPACING[0] / 4))
    write_nibabel(file, fine.astype(np.uint8), "RAS", (1.5, *SPACING[1:]), origin)
    made = read_mask([file], GRID, MaskRules(LUNGS, resample=True))
    np.testing.assert_array_equal(made.mask, lungs() > 0)
    assert made.resampled
    assert made.notes == ()
    write_nibabel(
        file, np.where(fine, 0.9, 0.2).astype(np.float32), "ASL", (1.5, *SPACING[1:]), origin
    )
    made = read_mask([file], GRID, MaskRules(LUNGS, resample=True, threshold=0.6))
    np.testing.assert_array_equal(made.mask, lungs() > 0)
    assert made.graded
    assert made.resampled
    beside = np.add(ORIGIN, (6 * SPACING[2] + 0.3, 0, 0))
    write_nibabel(file, lungs(), "RAS", SPACING, beside)
    made = read_mask([file], GRID, MaskRules(LUNGS, resample=True))
    voxel, kept = np.prod(SPACING) / 1000, np.count_nonzero(lungs()[:, :, :4])
    line = f"from {84 * voxel:.1f} to {kept * voxel:.1f} ml"
    assert made.notes == (f"resampling changed its volume {line}",)


def test_segments_of_slicer(tmp_path):
    named = {"Segment0_Name": "lung_l", "Segment0_LabelValue": "2", "Segment1_Name": "heart"}
    write_nrrd(tmp_path / "a.seg.nrrd", lungs(), GRID.affine, **named, Segment1_LabelValue="1")
    files = [tmp_path / "a.seg.nrrd"]
    np.testing.assert_array_equal(read_mask(files, GRID, USUAL).mask, lungs() == 2)
    heart = MaskRules(LUNGS, structures=("Heart",))
    np.testing.assert_array_equal(read_mask(files, GRID, heart).mask, lungs() == 1)
    with pytest.raises(DataError, match="chosen by name"):
        read_mask(files, GRID, MaskRules(LUNGS, values=(1,)))


def test_a_file_for_each_lung(tmp_path):
    files = [tmp_path / "lung_l.nii", tmp_path / "lung_r.nii", tmp_path / "lung.nii"]
    for file, array in zip(files, (lungs() == 2, (lungs() == 1) * 255, lungs() == 9), strict=True):
        write_nibabel(file, array.astype(np.uint8), "RAS")
    np.testing.assert_array_equal(read_mask(files, GRID, USUAL).mask, lungs() > 0)


@pytest.mark.parametrize("name", ["mask", "masks"])
def test_npz_is_taken_as_stored(name, tmp_path):
    file = tmp_path / "a.npz"
    np.savez(file, **{name: lungs(), "image": np.zeros(3)})
    np.testing.assert_array_equal(read_mask([file], GRID, USUAL).mask, lungs() > 0)
    probability = np.random.default_rng(0).random(SHAPE)
    np.savez(file, **{name: probability})
    made = read_mask([file], GRID, USUAL)
    np.testing.assert_array_equal(made.mask, probability >= 0.5)
    assert made.graded


def test_npz_refused(tmp_path):
    file = tmp_path / "a.npz"
    np.savez(file, mask=lungs()[:5])
    with pytest.raises(DataError, match=r"\(5, 8, 10\) is not the image's \(6, 8, 10\)"):
        read_mask([file], GRID, USUAL)
    np.savez(file, image=lungs())
    with pytest.raises(DataError, match="no array 'mask'"):
        read_mask([file], GRID, USUAL)
    file.write_bytes(b"PK damaged")
    with pytest.raises(DataError, match="the npz file is damaged") as info:
        read_mask([file], GRID, USUAL)
    assert info.value.path == file


def test_the_wrong_values_are_noted(tmp_path):
    write_nibabel(tmp_path / "a.nii", lungs(), "RAS")
    made = read_mask([tmp_path / "a.nii"], GRID, MaskRules(LUNGS, values=(7,)))
    assert not made.mask.any()
    assert made.notes == ("none of its values (0, 1, 2) is one that was named as lung",)


@pytest.fixture(scope="module")
def series(phantom_root):
    """Files of a CT, and the grid it has for us."""
    files = sorted((phantom_root / "Images" / "Case_000").iterdir())
    return files, read_series(files).volume


def drawn(volume):
    mask = np.zeros(volume.voxels.shape, np.uint8)
    mask[2:5, 4:20, 3:11] = 1
    mask[3:8, 6:24, 18:29] = 2
    return mask


def test_seg_by_highdicom(series, tmp_path):
    files, volume = series
    file, both = tmp_path / "a.dcm", drawn(volume)
    parts = {"Lung_R": both == 1, "Heart": both * 0 + 1, "Lung_L": both == 2}
    # Stored head first: highdicom places frames by their positions.
    affine = volume.affine.copy()
    affine[:, 3] += affine[:, 0] * (len(both) - 1)
    affine[:, 0] *= -1
    write_seg(
        file, {name: mask[::-1].astype(np.uint8) for name, mask in parts.items()}, affine, files
    )
    np.testing.assert_array_equal(read_mask([file], volume, USUAL).mask, both > 0)
    third = read_mask([file], volume, MaskRules(LUNGS, values=(3,)))
    np.testing.assert_array_equal(third.mask, both == 2)
    with pytest.raises(DataError, match="segments have the numbers 1, 2, 3"):
        read_mask([file], volume, MaskRules(LUNGS, values=(4,)))
    with pytest.raises(DataError, match=r"none of 3 structure\(s\) is called spleen"):
        read_mask([file], volume, MaskRules(LUNGS, structures=("spleen",)))


def test_seg_on_another_grid(series, tmp_path):
    files, volume = series
    file, both = tmp_path / "a.dcm", drawn(volume)
    affine = volume.affine.copy()
    affine[:3, 3] += [0, 0, 0.25 * volume.spacing[0]]
    write_seg(file, {"lungs": (both > 0).astype(np.uint8)}, affine, files)
    with pytest.raises(DataError, match="the mask: its grid is not the image's"):
        read_mask([file], volume, USUAL)
    made = read_mask([file], volume, MaskRules(LUNGS, resample=True))
    np.testing.assert_array_equal(made.mask, both > 0)  # the nearest slice is the same
    assert made.resampled


def test_rtstruct(series, tmp_path):
    """Rectangles whose pixels are known: written by pydicom, drawn between pixel centres."""
    files, volume = series
    file = tmp_path / "a.dcm"

    def rectangle(z, top, bottom, left, right):
        corners = [(z, top, left), (z, top, right), (z, bottom, right), (z, bottom, left)]
        return np.array([volume.affine[:3, :3] @ c + volume.affine[:3, 3] for c in corners])

    right = [rectangle(z, 3.5, 19.5, 2.5, 10.5) for z in (2, 3, 4)]
    left = [rectangle(z, 5.5, 23.5, 17.5, 28.5) for z in range(3, 8)]
    first = pydicom.dcmread(files[0])
    uids = first.SeriesInstanceUID, first.FrameOfReferenceUID
    write_rtstruct(file, {"Lung_R": right, "lung_l": left, "body": left[:1]}, *uids)
    made = read_mask([file], volume, USUAL)
    np.testing.assert_array_equal(made.mask, drawn(volume) > 0)
    assert made.notes == ()
    write_rtstruct(file, {"Lung_R": right, "lung_l": []}, *uids)
    made = read_mask([file], volume, USUAL)
    np.testing.assert_array_equal(made.mask, drawn(volume) == 1)
    assert made.notes == ("lung structure 2 has no closed contour: nothing was found there",)
    write_rtstruct(file, {"body": left}, *uids)
    with pytest.raises(DataError, match=r"none of 1 structure\(s\) is a lung by name"):
        read_mask([file], volume, USUAL)
    with pytest.raises(DataError, match="chosen by name"):
        read_mask([file], volume, MaskRules(LUNGS, values=(1,)))


def test_damaged_dicom(series, tmp_path):
    file = tmp_path / "a.dcm"
    write_seg(file, {"lungs": (drawn(series[1]) > 0).astype(np.uint8)}, series[1].affine, series[0])
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(DataError, match="the mask: .*(damaged|truncated)"):
        read_mask([file], series[1], USUAL)


def test_a_file_of_a_structure_that_was_named_has_one_value(tmp_path):
    write_nibabel(tmp_path / "heart.nii.gz", (lungs() > 0).astype(np.uint8) * 7, "RAS")
    rules = MaskRules(LUNGS, structures=("Heart",))
    made = read_mask([tmp_path / "heart.nii.gz"], GRID, rules)
    np.testing.assert_array_equal(made.mask, lungs() > 0)
