"""Slices as image files: values are HU only if the configuration says so."""

import pickle

import numpy as np
import pytest
from PIL import Image

from lungseg.errors import ConfigError, DataError
from lungseg.phantom import make_case
from lungseg.sources.slices2d import SliceImages

HU_FROM = {"slope": 1, "intercept": -1024}


def source(root, **settings):
    defaults = {
        "images": "{case}/images/{z}.*",
        "masks": "{case}/masks/{z}.*",
        "spacing_mm": [3, 2, 1],
        "numbers_run": "feet_to_head",
        "hu_from": None if "window" in settings else HU_FROM,
        "window": None,
    }
    return SliceImages(root, **defaults | settings)


@pytest.fixture(scope="module")
def phantom():
    case = make_case(1, size=48, n_slices=24)
    return np.maximum(case.image, -1024), case.mask, case.spacing


def write(root, phantom, pattern="a/{}/{:02d}.{}", ending="png", as_stored=None, on=255):
    image, mask, _ = phantom
    stored = (image.astype(np.int32) + 1024).astype(np.uint16) if as_stored is None else as_stored
    for z in range(len(image)):
        for what, values in (("images", stored[z]), ("masks", mask[z] * np.uint8(on))):
            file = root / pattern.format(what, z + 7, ending)
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.ascontiguousarray(values)).save(file)
    return root


def codes(case):
    return [finding["code"] for finding in case.audit["findings"]]


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("on", [1, 255])
def test_16_bits_come_back(ending, on, phantom, tmp_path):
    image, mask, spacing = phantom
    made = source(write(tmp_path, phantom, ending=ending, on=on), spacing_mm=spacing)
    made = pickle.loads(pickle.dumps(made))
    assert made.cases() == ["a"]
    assert made.patient("a") == {"a"}
    case = made.read("a")
    np.testing.assert_array_equal(case.volume.voxels, image)
    np.testing.assert_array_equal(case.mask, mask)
    assert case.volume.spacing == pytest.approx(spacing)
    assert codes(case) == []
    assert case.audit["alignment"]["score"] > 0.6


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_tif_in_hu(dtype, phantom, tmp_path):
    image, _, spacing = phantom
    write(tmp_path, phantom, ending="tif", as_stored=image.astype(dtype))
    made = source(tmp_path, spacing_mm=spacing, hu_from={"slope": 1, "intercept": 0})
    np.testing.assert_array_equal(made.read("a").volume.voxels, image)


def test_direction(phantom, tmp_path):
    image, mask, _ = phantom
    case = source(write(tmp_path, phantom), numbers_run="head_to_feet").read("a")
    np.testing.assert_array_equal(case.volume.voxels, image[::-1])
    np.testing.assert_array_equal(case.mask, mask[::-1])
    assert (case.volume.affine[[2, 1, 0], [0, 1, 2]] == [3, 2, 1]).all()


def test_a_window_gives_hu_back_within_its_steps_and_says_so(phantom, tmp_path):
    image, _, spacing = phantom
    low, high = -1350, 150
    stored = np.rint((np.clip(image, low, high) - low) / (high - low) * 255).astype(np.uint8)
    write(tmp_path, phantom, as_stored=stored)
    case = source(tmp_path, window=[-600, 1500], spacing_mm=spacing).read("a")
    expected = np.clip(image, -1024, high)
    assert np.abs(case.volume.voxels - expected).max() <= (high - low) / 255 / 2 + 1
    assert codes(case)[0] == "windowed"
    assert "below -1350 and above 150 are lost" in case.audit["findings"][0]["text"]
    write(tmp_path, phantom)
    with pytest.raises(DataError, match="a: data.window is for 8-bit images; these are uint16"):
        source(tmp_path, window=[-600, 1500]).read("a")


def test_names_with_case_and_number_in_one(phantom, tmp_path):
    write(tmp_path, phantom, pattern="2d_{}/ID_0010_Z_{:04d}.{}", ending="tif")
    write(tmp_path, phantom, pattern="2d_{}/ID_0009_Z_{:04d}.{}", ending="tif")
    patterns = {"images": "2d_images/{case}_Z_{z}.tif", "masks": "2d_masks/{case}_Z_{z}.tif"}
    made = source(tmp_path, **patterns)
    assert made.cases() == ["ID_0009", "ID_0010"]
    np.testing.assert_array_equal(made.read("ID_0009").mask, phantom[1])


def test_numbers_are_ordered_as_numbers(phantom, tmp_path):
    """1, 2, … 10, 11: a sort of names would shuffle them."""
    case = source(write(tmp_path, phantom, pattern="a/{}/{}.{}")).read("a")
    np.testing.assert_array_equal(case.mask, phantom[1])


def test_findings(phantom, tmp_path):
    spacing = phantom[2]
    write(tmp_path, phantom)
    case = source(tmp_path, spacing_mm=spacing, hu_from={"slope": 1, "intercept": 0}).read("a")
    assert codes(case) == ["implausible-hu", "mask-score"]  # the offset was forgotten
    for folder in ("images", "masks"):
        (tmp_path / "a" / folder / "12.png").unlink()
    case = source(tmp_path, spacing_mm=spacing).read("a")
    assert [(one["code"], one["severity"]) for one in case.audit["findings"]] == [
        ("missing-slice", "error")
    ]


def test_files_that_are_refused(phantom, tmp_path):
    write(tmp_path, phantom)
    file = tmp_path / "a" / "images" / "09.png"
    whole = file.read_bytes()
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(file)
    with pytest.raises(DataError, match="^a: slices differ in size: slice 9 is 8 x 8") as caught:
        source(tmp_path).read("a")
    assert caught.value.path == file
    for content in (whole[:-200], whole[:10], b""):
        file.write_bytes(content)
        with pytest.raises(DataError, match="^a: an image file is"):
            source(tmp_path).read("a")
    colours = np.zeros((48, 48, 3), np.uint8)
    colours[..., 0] = 1
    Image.fromarray(colours).save(file)
    with pytest.raises(DataError, match="^a: an image file contains colours"):
        source(tmp_path).read("a")
    file.write_bytes(whole)
    mask = tmp_path / "a" / "masks" / "09.png"
    Image.fromarray(np.full((48, 48), 7, np.uint8)).save(mask)
    with pytest.raises(DataError, match="^a: masks must contain 0 and 1, or 0 and 255; got"):
        source(tmp_path).read("a")
    mask.unlink()
    with pytest.raises(DataError, match="^data.root: a, slice 9: no mask for this image"):
        source(tmp_path).cases()
    with pytest.raises(DataError, match="^data.root: no file matches data.images=") as caught:
        source(tmp_path / "a").cases()
    assert caught.value.path == tmp_path / "a"
    assert str(caught.value).endswith(
        "data.images={case}/images/{z}.* below this folder; point data.root at the folder that"
        " contains all cases, or change data.images"
    )


def test_settings_that_are_refused(tmp_path):
    for settings, message in (
        ({"hu_from": None}, "set how values become HU"),
        ({"hu_from": HU_FROM, "window": [40, 400]}, "set how values become HU"),
        (
            {"hu_from": {"slope": 1}},
            r"hu_from: .* two numbers, got {.*}: 'data.hu_from={slope: 1, intercept: -1024}'$",
        ),
        ({"hu_from": {"slope": 1, "intercept": "no"}}, "hu_from: .* two numbers"),
        ({"hu_from": 5}, "hu_from: .* two numbers, got 5"),
        ({"hu_from": None, "window": 1500}, r"window: \[level, width\] in HU, got 1500"),
        ({"spacing_mm": 6}, "three sizes .* got 6"),
        ({"spacing_mm": ["a", "b", "c"]}, "three sizes"),
        ({"window": [40, 0]}, "level, width"),
        ({"spacing_mm": [1, 1]}, "three sizes"),
        ({"numbers_run": "up"}, "feet_to_head or head_to_feet, got up"),
        ({"images": "{case}.png"}, "no placeholder {z}"),
    ):
        with pytest.raises(ConfigError, match=message):
            source(tmp_path, **settings)


def test_prepare(phantom, tmp_path, cli):
    write(tmp_path / "data", phantom)
    command = ["prepare", "data=slices2d", "data.root=data", "data.numbers_run=feet_to_head"]
    command.append("data.spacing_mm=[22.6, 9.9, 9.9]")
    line = cli.refused(*command)
    assert line.removeprefix("lungseg prepare: error: ").startswith(
        "data.hu_from: set how values become HU: 'data.hu_from={slope: 1, intercept: -1024}' ("
    )
    done = cli(*command, "data.hu_from={slope: 1, intercept: -1024}")
    assert done.returncode == 0, done.stderr
    assert "data.spacing_mm: must be given" in cli.refused(*command[:-1])
