"""Label maps whose values are whole numbers up to rounding."""

import nibabel
import numpy as np
import pytest
from PIL import Image

from lungseg.errors import DataError
from lungseg.sources.hu import OFF_WHOLE
from lungseg.sources.labels import by_labels, one_value, whole_labels
from lungseg.sources.lctsc import LctscFolder
from lungseg.sources.npz import read_npz
from tests.sources.image_files import (
    LPS_TO_RAS,
    codes,
    moved,
    overwrite,
    source,
    write_nifti,
    write_nrrd,
)
from tests.sources.test_slices2d import source as slices
from tests.sources.test_slices2d import write as write_slices

LABELS = {"right": [1], "left": [2], "both": []}


def scaled(path, sides, affine):
    """By nibabel, into the header of an image in 16 bits: it scales, 1 becomes 0.9999847."""
    array, affine = moved(sides.astype(np.float64), affine, (2, 1, 0), (0, 0, 0))
    header = nibabel.Nifti1Image(array.astype(np.int16), LPS_TO_RAS @ affine).header
    header.set_xyzt_units("mm")
    nibabel.save(nibabel.Nifti1Image(array, None, header), path)


def in_hundreds(path, sides, affine):
    """Stored as 0, 100 and 200 with a slope of 0.01, which float32 has not exactly."""
    write_nifti(path, (sides * 100).astype(np.uint8), affine)
    overwrite(path, 112, np.array([0.01, 0], "<f4"))


def nrrd_above(path, sides, affine):
    write_nrrd(path, sides * 1.0000001, affine)


def nrrd_below(path, sides, affine):
    write_nrrd(path, sides.astype(np.float32) * np.float32(0.98), affine)


def uint8_of_floats(path, sides, affine):
    array, affine = moved(sides.astype(np.float64), affine, (2, 1, 0), (0, 0, 0))
    made = nibabel.Nifti1Image(array, LPS_TO_RAS @ affine)
    made.header.set_xyzt_units("mm")
    made.set_data_dtype(np.uint8)
    nibabel.save(made, path)


FILES = {
    "scaled by nibabel": (scaled, "a_seg.nii"),
    "slope of 0.01": (in_hundreds, "a_seg.nii"),
    "floats into 8 bits": (uint8_of_floats, "a_seg.nii"),
    "float64 above": (nrrd_above, "a_seg.nrrd"),
    "float32 below": (nrrd_below, "a_seg.nrrd"),
}


@pytest.mark.parametrize(("write", "name"), FILES.values(), ids=FILES)
def test_files(write, name, phantom, tmp_path):
    image, _, sides, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    write(tmp_path / name, sides, affine)
    read = source(tmp_path, images="{case}_ct.nii", masks=f"{{case}}_seg{name[5:]}", labels=LABELS)
    case = read.read("a")
    np.testing.assert_array_equal(case.sides, sides)
    assert codes(case) == ["non-integer"]
    (finding,) = case.audit["findings"]
    assert finding["severity"] == "warning"
    assert finding["text"].startswith("the mask: values up to ")


def test_a_file_for_each_side(phantom, tmp_path):
    image, _, sides, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    # What is meant as 0 is off it, too.
    left = np.where(sides == 2, 254.999, 0.004).astype(np.float32)
    write_nifti(tmp_path / "a_left.nii", left, affine)
    write_nifti(tmp_path / "a_right.nii", (sides == 1) * 0.99999994, affine)
    masks = {"left": "{case}_left.nii", "right": "{case}_right.nii"}
    case = source(tmp_path, images="{case}_ct.nii", masks=masks).read("a")
    np.testing.assert_array_equal(case.sides, sides)
    assert codes(case) == ["non-integer"] * 2


@pytest.mark.parametrize("factor", [0.99, 1.00001])
def test_segments_of_slicer(factor, phantom, tmp_path):
    image, _, sides, affine = phantom
    write_nifti(tmp_path / "a_ct.nii", image, affine)
    names = {
        "Segment0_Name": "left lung",
        "Segment0_LabelValue": "2",
        "Segment1_Name": "right lung",
        "Segment1_LabelValue": "1",
    }
    write_nrrd(tmp_path / "a.seg.nrrd", sides * factor, affine, **names)
    case = source(tmp_path, images="{case}_ct.nii", masks="{case}.seg.nrrd").read("a")
    np.testing.assert_array_equal(case.sides, sides)
    assert codes(case) == ["non-integer"]
    assert case.audit["findings"][0]["text"].startswith("the mask: values up to ")


@pytest.mark.parametrize("value", [np.float32(0.9999999), np.float64(1.0000001), np.float16(0.96)])
def test_npz(value, phantom_root, three_cases):
    file = three_cases / "Segmentations" / "Case_001_seg.npz"
    with np.load(file) as arrays:
        stored = arrays["masks"]
    np.savez_compressed(file, masks=stored * value)
    mask, findings = read_npz(file)
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, stored)
    assert [finding.code for finding in findings] == ["non-integer"]
    before, case = (LctscFolder(root).read("Case_001") for root in (phantom_root, three_cases))
    np.testing.assert_array_equal(case.mask, before.mask)
    assert sorted([*codes(before), "non-integer"]) == sorted(codes(case))


@pytest.mark.parametrize("values", [(0, 0.5), (0, 0.94), (0, 2.0000001), (0, np.nan)])
def test_npz_that_is_refused(values, tmp_path):
    np.savez(tmp_path / "a.npz", masks=np.full((2, 2, 2), values, np.float64))
    with pytest.raises(DataError, match="the mask must be"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("on", [1, 255])
def test_slices_as_tif_of_floats(on, tmp_path, phantom):
    image, mask, _, _ = phantom
    write_slices(tmp_path, (image, mask, None), ending="tif")
    for z in range(len(mask)):
        stored = (mask[z] * np.float32(on * (1 - 1e-6))).astype(np.float32)
        Image.fromarray(stored).save(tmp_path / f"a/masks/{z + 7:02d}.tif")
    case = slices(tmp_path).read("a")
    np.testing.assert_array_equal(case.mask, mask)
    assert "non-integer" in codes(case)


def test_whole_labels_are_passed_on_as_they_are():
    for array in (np.array([[0, 1], [2, 3]], np.int16), np.array([[0.0, 1.0], [2.0, 700.0]])):
        same, findings = whole_labels(array)
        assert same is array
        assert findings == []


@pytest.mark.parametrize("off", [OFF_WHOLE * 1.01, -OFF_WHOLE * 1.01, 0.5, np.nan, np.inf])
def test_values_further_off_are_refused(off):
    array = np.array([[0.0, 1.0], [1.0, 1 + off]])
    for read in (one_value, lambda array: by_labels(array, {"both": [1]})):
        with pytest.raises(DataError, match="not whole numbers"):
            read(array)


def test_values_near_enough_count_as_the_number():
    array = np.array([[0.049, -0.049], [0.951, 1.049]])
    mask, findings = one_value(array)
    assert mask.tolist() == [[0, 0], [1, 1]]
    ((side, labelled),), more = by_labels(array, {"both": [1]})
    assert side == "both"
    assert labelled.tolist() == mask.tolist()
    assert [one.text for one in findings] == [
        "the mask: values up to 0.05 off a whole number were rounded"
    ]
    assert findings == more


@pytest.mark.parametrize(
    ("present", "typed"),
    [
        (
            [1, 2],
            r"values 1, 2; say which .* or 'data.labels={right: \[1\], left: \[2\]}'$",
        ),
        ([255], r"value 255; say which are lung: data.labels=\[…\], or "),
        ([3, 4, 5], r"values 3, 4, 5; say .*{right: \[…\], left: \[…\]}'$"),
        ([], "contains no lung: it is 0 everywhere"),
    ],
)
def test_a_map_of_other_values_has_to_be_explained(present, typed):
    """Values that nobody named are not dropped: a lung was, where predict's own masks were read."""
    array = np.array([[0, *present]])
    with pytest.raises(DataError, match=typed):
        by_labels(array, {"left": [], "right": [], "both": []})
    parts, findings = by_labels(np.array([[0, 1]]), {"left": [], "right": [], "both": []})
    assert [(side, mask.tolist()) for side, mask in parts] == [("both", [[0, 1]])]
    assert findings == []
