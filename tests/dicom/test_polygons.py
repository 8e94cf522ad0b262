"""Polygons on pixels: the even-odd rule, holes, islands."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.path import Path as Outline

from lungseg.dicom.polygons import distinct, draw, fill

SHAPE = (17, 23)
CENTRES = np.moveaxis(np.indices(SHAPE), 0, -1).reshape(-1, 2)


def image_of(points, shape=SHAPE):
    image = np.zeros(shape, np.uint8)
    patch = fill(np.asarray(points, float), shape)
    image[patch.box] = patch.pixels
    return image


def square(low, high):
    return np.array([[low, low], [low, high], [high, high], [high, low]], float)


@given(
    hnp.arrays(float, st.tuples(st.integers(3, 9), st.just(2)), elements=st.floats(-5, 28)),
    st.integers(0, 8),
)
def test_as_another_library_in_either_winding_from_any_corner(points, start):
    points = points + [0.37, 0.41]  # noqa: RUF005  # seldom through a pixel centre
    image = image_of(points)
    turned = np.roll(points[::-1], start, axis=0)
    np.testing.assert_array_equal(image_of(turned), image)
    # A point is inside by the even-odd rule if it is in an odd number of triangles from one corner.
    crossings = np.zeros(len(CENTRES), int)
    for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
        triangle = Outline(np.array([[-100.0, -90.0], a, b]))
        crossings += triangle.contains_points(CENTRES)
    off = np.abs(image.ravel() - crossings % 2)
    assert off.sum() <= 1  # a centre on an edge of one of the triangles


def test_squares_that_share_a_border_tile():
    whole = image_of(square(1, 9))
    parts = [
        [[1, 1], [1, 5], [9, 5], [9, 1]],
        [[1, 5], [1, 9], [9, 9], [9, 5]],
    ]
    np.testing.assert_array_equal(sum(image_of(part) for part in parts), whole)
    assert whole.sum() == 64  # the area, though the outline runs through pixel centres
    assert whole[1, 1] == 1
    assert whole[9, 9] == 0


@pytest.mark.parametrize("scale", [1e4, -1e4, 1e15])
def test_parts_outside_are_cut_off(scale):
    image = image_of((square(1, 3) - 2) * scale)
    assert image.all()
    assert not image_of(square(30, 40)).any()
    assert not image_of(square(-40, -30)).any()
    assert not image_of([[2.2, 2.2], [2.4, 2.2], [2.2, 2.4]]).any()


def test_holes_islands_and_keyholes():
    def drawn(*polygons):
        image = np.zeros(SHAPE, np.uint8)
        return image, draw((fill(np.asarray(one, float), SHAPE) for one in polygons), image)

    outer, hole, island = square(0.5, 12.5), square(2.5, 10.5), square(4.5, 6.5)
    expected = image_of(outer) - image_of(hole) + image_of(island)
    image, found = drawn(island, hole, outer)
    np.testing.assert_array_equal(image, expected)
    assert (len(found.parts), found.overlapping, found.repeated) == (2, 0, 0)

    # The keyhole runs from corner to corner and back.
    keyhole = np.concatenate([outer, outer[:1], hole[::-1][3:], hole[::-1][:4]])
    image, _ = drawn(keyhole)
    np.testing.assert_array_equal(image, image_of(outer) - image_of(hole))

    image, found = drawn(square(0.5, 8.5), square(5.5, 11.5))
    np.testing.assert_array_equal(image, image_of(square(0.5, 8.5)) | image_of(square(5.5, 11.5)))
    assert found.overlapping == 1


def disc(radius, y=50.0, x=50.0):
    angle = np.arange(360) * np.pi / 180
    return np.c_[y + radius * np.sin(angle), x + radius * np.cos(angle)]


@pytest.mark.parametrize(
    ("second", "holes", "repeated"), [(19.9, 0, 1), (17, 0, 1), (16, 1, 0), (3, 1, 0)]
)
def test_a_repeated_outline_is_not_a_hole(second, holes, repeated):
    shape = (101, 101)
    big, small = (image_of(disc(radius), shape) for radius in (20, second))
    assert big.sum() > 1200

    image = np.zeros(shape, np.uint8)
    found = draw([fill(disc(second), shape), fill(disc(20), shape)], image)
    np.testing.assert_array_equal(image, big - holes * small)
    assert (len(found.parts), found.repeated) == (1, repeated)

    # The same for the outline of a hole.
    lung, image = image_of(disc(40), shape), np.zeros(shape, np.uint8)
    found = draw([fill(disc(radius), shape) for radius in (40, second, 20)], image)
    np.testing.assert_array_equal(image, lung - big + holes * small)
    assert (len(found.parts), found.repeated) == (1 + holes, repeated)


def test_the_same_corners_are_the_same_polygon():
    outer = square(0, 12)
    assert len(distinct([outer, np.roll(outer[::-1], 1, axis=0), square(0, 11)])) == 2


@settings(max_examples=50)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(20, 45))
@example(x=0.0, y=0.0, radius=21.0)
def test_area_of_a_disc(x, y, radius):
    """As many pixels as centres that matplotlib finds inside; on the outline either will do."""
    angle = np.arange(360) * np.pi / 180
    points = np.c_[50 + y + radius * np.sin(angle), 50 + x + radius * np.cos(angle)]
    area = image_of(points, (101, 101)).sum()
    centres = np.indices((101, 101)).reshape(2, -1).T
    far = np.c_[50 + y, 50 + x]
    least, most = (
        Outline(far + (points - far) * scale).contains_points(centres).sum()
        for scale in (1 - 1e-9, 1 + 1e-9)
    )
    assert least <= area <= most
    # Smaller discs may differ by more: so many centres lie in them (the problem of Gauss' circle).
    if radius >= 30:
        assert area == pytest.approx(np.pi * radius**2, rel=0.01)
