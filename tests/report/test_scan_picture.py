"""The picture of a scan that its folder keeps for the page, taken apart with Pillow."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from lungseg.report.scan_picture import SIZES, letters, opened, picture
from lungseg.volume import Volume


def volume(voxels, spacing=(3.0, 1.0, 1.0)):
    affine = np.zeros((4, 4))
    affine[[2, 1, 0, 3], range(4)] = *spacing, 1  # z, y, x to x, y, z
    return Volume(voxels.astype(np.int16), affine)


def body(n, side):
    """Two lungs in a body with a bright spine, all a little different in each slice."""
    z, y, x = np.indices((n, side, side), sparse=True)
    y, x = (y + 0.5) / side, (x + 0.5) / side
    voxels = np.where((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.2, 40, -1000) + 0 * z
    labels = np.zeros(voxels.shape, np.uint8)
    for label, centre in ((1, 0.3), (2, 0.7)):
        labels[(x - centre) ** 2 + (y - 0.45) ** 2 < 0.005 + 0.01 * (z + 1) / n] = label
    voxels[labels > 0] = -850
    voxels[np.broadcast_to((x - 0.5) ** 2 + (y - 0.75) ** 2 < 0.003, voxels.shape)] = 700
    return volume(voxels), labels


def apart(view, key):
    """Tiles of a view, ``[n, h, w]``."""
    tiles = []
    for content in view[key]:
        with Image.open(io.BytesIO(base64.b64decode(content))) as sheet:
            pixels = np.asarray(sheet.convert("L"))
        high, wide = view["height"], view["width"]
        assert pixels.shape[1] == view["columns"] * wide
        tiles += [
            pixels[top : top + high, left : left + wide]
            for top in range(0, len(pixels), high)
            for left in range(0, pixels.shape[1], wide)
        ]
    return np.stack(tiles[: len(view["z"])])


def test_a_small_scan_is_kept_whole():
    scan, labels = body(11, 40)
    kept = opened(picture(scan, labels, disagreement=None))
    (view,) = kept.views  # nothing to reduce: one size
    assert kept.shape == [11, 40, 40]
    assert view["z"] == list(range(11))
    assert view["disagreement"] == []
    np.testing.assert_array_equal(apart(view, "labels") // 85, labels)
    hu = apart(view, "grey") / 255 * 1500 - 1100
    expected = np.clip(scan.voxels, -1100, 400)
    inside = np.abs(np.diff(expected, axis=1, prepend=0)) + np.abs(np.diff(expected, axis=2, prepend=0))  # fmt: skip
    assert np.abs(hu - expected)[inside == 0].mean() < 15
    for value in (-1000, -850, 40, 400):
        assert np.median(hu[expected == value]) == pytest.approx(value, abs=12)


def test_a_large_scan_has_fewer_and_smaller_slices():
    scan, labels = body(180, 300)
    kept = opened(picture(scan, labels, disagreement=None))
    assert [(len(view["z"]), view["height"], view["width"]) for view in kept.views] == [
        (size.slices, size.side, size.side) for size in SIZES
    ]
    for view, size in zip(kept.views, SIZES, strict=True):
        z = np.array(view["z"])
        assert (z[0], z[-1]) == (0, 179)
        assert np.ptp(np.diff(z)) <= 2  # even among those of the first size
        assert letters(view) <= size.letters
        centres = ((np.arange(size.side) + 0.5) * 300 / size.side).astype(int)
        shown = apart(view, "labels") // 85
        # Labels of sizes below the first are taken from it: the border may be a pixel off.
        same = shown == labels[z][:, centres[:, None], centres]
        assert same.mean() > (0.999999 if size is SIZES[0] else 0.99)


def test_pixels_are_square_and_the_extent_is_the_patients():
    shape = (3, 60, 80)
    scan = volume(np.full(shape, -500), (5.0, 1.5, 0.75))  # 90 × 60 mm
    (view,) = opened(picture(scan, np.ones(shape, np.uint8), disagreement=None)).views
    assert (view["height"], view["width"]) == (120, 80)
    assert (apart(view, "labels") == 85).all()


@pytest.mark.parametrize("shape", [(1, 40, 40), (1, 1, 1), (3, 300, 7)])
def test_any_shape(shape):
    labels = np.ones(shape, np.uint8)
    (*_, view) = opened(picture(volume(np.zeros(shape)), labels, disagreement=labels)).views
    assert len(view["z"]) == shape[0]
    for key in ("grey", "labels", "disagreement"):
        assert apart(view, key).shape == (shape[0], view["height"], view["width"])
    assert (apart(view, "labels") == 85).all()


@pytest.mark.slow
def test_noise_takes_slices_and_no_more_room():
    random = np.random.default_rng(0)
    shape = (30, 256, 256)
    scan = volume(random.integers(-1100, 400, shape))
    disagreement = random.integers(0, 256, shape).astype(np.uint8)
    content = picture(scan, np.zeros(shape, np.uint8), disagreement=disagreement)
    assert len(content) < 2e6
    views = opened(content).views
    for view, size in zip(views, SIZES, strict=True):
        assert letters(view) <= size.letters
    assert len(views[-1]["z"]) < 30
    assert views[-1]["z"][-1] == 29


def test_disagreement_lies_where_it_is():
    scan, labels = body(9, 64)
    disagreement = np.zeros(labels.shape, np.uint8)
    disagreement[4, 8:24, 40:56] = 200
    (view,) = opened(picture(scan, labels, disagreement=disagreement)).views
    shown = apart(view, "disagreement")
    assert np.median(shown[4, 10:22, 42:54]) == pytest.approx(200, abs=5)
    shown[4, 4:28, 36:60] = 0
    assert shown.max() < 8


def test_the_thumbnail_shows_both_lungs():
    kept = opened(picture(*body(12, 64), disagreement=None))
    with Image.open(io.BytesIO(base64.b64decode(kept.thumbnail))) as image:
        assert image.size == (kept.width, kept.height)
        red, _, blue = np.moveaxis(np.asarray(image.convert("RGB")).astype(int), -1, 0)
    assert kept.width == 608
    axial = slice(0, 100), slice(100, 200)
    right, left = ((red - blue)[:, part] for part in axial)
    assert right.max() > 100  # orange, on the viewer's left
    assert left.min() < -60  # blue
    assert right.min() > -40
    assert left.max() < 40


def test_inputs_are_left_alone_and_give_the_same_bytes():
    scan, labels = body(12, 64)
    before = scan.voxels.copy(), labels.copy()
    first = picture(scan, labels, disagreement=None)
    assert picture(scan, labels, disagreement=None) == first
    np.testing.assert_array_equal(scan.voxels, before[0])
    np.testing.assert_array_equal(labels, before[1])


@pytest.mark.parametrize("damage", ["cut", "empty", "other version", "list", "fields", "binary"])
def test_a_damaged_file_is_no_picture(damage):
    content = picture(*body(3, 32), disagreement=None)
    kept = json.loads(content)
    damaged = {
        "cut": content[:-100],
        "empty": b"",
        "other version": json.dumps(kept | {"format": 99}).encode(),
        "list": b"[1]",
        "fields": json.dumps({"format": kept["format"], "shape": [1]}).encode(),
        "binary": bytes(range(256)),
    }[damage]
    assert opened(content) is not None
    assert opened(damaged) is None
