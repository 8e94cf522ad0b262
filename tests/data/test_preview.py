"""Three planes of a case: orientation, size and outlines."""

import numpy as np
import pytest

from lungseg.data.preview import BOTH, GAP, LEFT, RIGHT, SIDE, preview
from lungseg.volume import Volume

SPACING = (3.0, 1.0, 1.0)
SHAPE = (60, 160, 160)
AXIAL, CORONAL, SAGITTAL = range(3)


def volume(voxels, spacing=SPACING):
    affine = np.zeros((4, 4))
    affine[[2, 1, 0, 3], range(4)] = *spacing, 1  # z, y, x to x, y, z
    return Volume(voxels.astype(np.int16), affine)


def ball(centre, radius, shape=SHAPE, spacing=SPACING):
    """Where the distance in mm is at most a radius."""
    grid = np.indices(shape)
    distance = sum(((g - c) * mm) ** 2 for g, c, mm in zip(grid, centre, spacing, strict=True))
    return (distance <= radius**2).astype(np.uint8)


def box(picture, number):
    """One plane's part of the picture."""
    start = number * (SIDE + GAP)
    return picture[:, start : start + SIDE].astype(int)


def middle(where):
    """Centre of what is marked, as shares of height and width of the box."""
    rows, columns = np.nonzero(where)
    return rows.mean() / where.shape[0], columns.mean() / where.shape[1]


def coloured(picture, colour):
    return (picture == colour).all(axis=-1)


@pytest.mark.parametrize(
    ("moved", "plane", "place"),
    [
        ((0, 0, -50), AXIAL, (0.5, 0.2)),  # the patient's right on the viewer's left
        ((0, 0, -50), CORONAL, (0.5, 0.2)),
        ((0, -50, 0), AXIAL, (0.2, 0.5)),  # the front on top
        ((0, -50, 0), SAGITTAL, (0.5, 0.2)),  # the front on the left
        ((20, 0, 0), CORONAL, (0.14, 0.5)),  # the head on top: 60 of 180 mm up
        ((20, 0, 0), SAGITTAL, (0.14, 0.5)),
    ],
)
def test_directions(moved, plane, place):
    """A bright ball lies where a radiologist looks for it; a large mask keeps planes in the middle."""
    centre = [n // 2 for n in SHAPE]
    mark = ball([c + m for c, m in zip(centre, moved, strict=True)], 12)
    mask = ball(centre, 30)
    picture = preview(volume(np.where(mark, 3000, -2000)), mask, None)
    white = (box(picture, plane) == 255).all(axis=-1)
    assert middle(white) == pytest.approx(place, abs=0.03)


def test_sides_have_their_colours_in_their_places():
    right, left = ball((30, 80, 45), 26), ball((30, 80, 115), 22)
    sides = right + 2 * left
    picture = preview(volume(np.full(SHAPE, -800)), right | left, sides)
    for plane in (AXIAL, CORONAL):
        shown = box(picture, plane)
        assert middle(coloured(shown, RIGHT))[1] == pytest.approx(45 / 160, abs=0.02)
        assert middle(coloured(shown, LEFT))[1] == pytest.approx(115 / 160, abs=0.02)
    # The sagittal plane goes through the larger one only.
    assert coloured(box(picture, SAGITTAL), RIGHT).any()
    assert not coloured(picture, BOTH).any()
    assert not coloured(box(picture, SAGITTAL), LEFT).any()


def test_one_colour_where_sides_are_not_known_and_a_lung_in_the_sagittal_plane():
    mask = ball((30, 80, 45), 26) | ball((30, 80, 115), 26)
    picture = preview(volume(np.full(SHAPE, -800)), mask, None)
    for plane in range(3):
        assert coloured(box(picture, plane), BOTH).any()
    assert not coloured(picture, RIGHT).any()
    assert not coloured(picture, LEFT).any()


def test_an_outline_of_one_pixel_of_the_right_size():
    mask = ball((30, 80, 80), 40)
    picture = preview(volume(np.full(SHAPE, -800)), mask, None)
    scale = SIDE / 160  # pixels per mm; 180 mm along z find room too
    for plane in range(3):  # a ball is round in all planes, whatever the spacing
        rows, columns = np.nonzero(coloured(box(picture, plane), BOTH))
        assert np.ptp(rows) + 1 == pytest.approx(80 * scale, abs=4)
        assert np.ptp(columns) + 1 == pytest.approx(80 * scale, abs=4)
        assert len(rows) < 4.2 * 80 * scale  # stairs around a circle of one pixel's width, no more


@pytest.mark.parametrize("spacing", [(3.0, 1.0, 1.0), (1.0, 0.5, 2.0), (10.0, 0.7, 0.7)])
def test_aspect_is_the_patients(spacing):
    shape = (20, 64, 48)
    picture = preview(volume(np.full(shape, 3000), spacing), np.zeros(shape, np.uint8), None)
    z, y, x = (n * mm for n, mm in zip(shape, spacing, strict=True))
    for plane, (high, wide) in enumerate([(y, x), (z, x), (z, y)]):
        rows, columns = np.nonzero(box(picture, plane).max(axis=-1))
        assert (np.ptp(rows) + 1) / (np.ptp(columns) + 1) == pytest.approx(high / wide, rel=0.05)


@pytest.mark.parametrize("shape", [(3, 16, 16), (1, 1, 1), (1, 512, 512), (400, 16, 16), (5, 3, 9)])
@pytest.mark.parametrize("filled", [0, 1])
def test_any_shape(shape, filled):
    mask = np.full(shape, filled, np.uint8)
    picture = preview(volume(np.zeros(shape)), mask, None)
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (3 * SIDE + 2 * GAP, 3)
    assert 1 <= picture.shape[0] <= 300
    assert coloured(picture, BOTH).any() == bool(filled)


def test_a_mask_of_one_voxel_is_found():
    mask = np.zeros((9, 64, 64), np.uint8)
    mask[7, 41, 11] = 1
    picture = preview(volume(np.zeros(mask.shape)), mask, None)
    for plane in range(3):
        assert coloured(box(picture, plane), BOTH).any()


def test_the_same_case_gives_the_same_bytes_and_is_left_alone():
    random = np.random.default_rng(0)
    one = volume(random.integers(-1024, 500, SHAPE))
    mask = ball((30, 80, 80), 30)
    before = one.voxels.copy(), mask.copy()
    first = preview(one, mask, None)
    np.testing.assert_array_equal(first, preview(one, mask.copy(order="F"), None))
    np.testing.assert_array_equal(one.voxels, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_twice_as_wide_is_twice_as_tall():
    mask = ball((30, 80, 45), 26)
    one = volume(np.full(SHAPE, -800))
    small, large = preview(one, mask, None), preview(one, mask, None, side=2 * SIDE)
    assert (large.shape[0], small.shape[0]) == (2 * 225, 225)  # 180 of 160 mm
    assert large.shape[1] == 6 * SIDE + 2 * GAP
    for plane in range(3):
        start = plane * (2 * SIDE + GAP)
        wide = large[:, start : start + 2 * SIDE]
        assert middle(coloured(wide, BOTH)) == pytest.approx(
            middle(coloured(box(small, plane), BOTH)), abs=0.01
        )
