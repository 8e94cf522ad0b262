"""Outlines enclose exactly the pixels of a mask, by a reader that is not ours."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path
from scipy import ndimage

from lungseg.dicom.tracing import trace


def inside(polygon, shape):
    """Pixels whose centre is in a polygon, by matplotlib."""
    centres = np.argwhere(np.ones(shape))
    return Path(np.r_[polygon, polygon[:1]], closed=True).contains_points(centres).reshape(shape)


def area(polygon):
    row, column = polygon.T
    return abs(row @ np.roll(column, 1) - column @ np.roll(row, 1)) / 2


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    sigma=st.sampled_from([0, 0.7, 1.5]),
)
def test_any_mask_comes_back(seed, shape, sigma):
    noise = np.random.default_rng(seed).normal(size=shape)
    mask = ndimage.gaussian_filter(noise, sigma) > 0
    regions, count = ndimage.label(mask)
    polygons = trace(mask)
    # A polygon for each region, holes and all: readers that unite polygons restore the mask, too.
    assert len(polygons) == count
    found = np.zeros(shape, int)
    for polygon in polygons:
        pixels = inside(polygon, shape)
        (region,) = np.unique(regions[pixels])
        np.testing.assert_array_equal(pixels, regions == region)
        found += pixels
    np.testing.assert_array_equal(found, mask)


def test_a_frame_by_hand():
    """Corners are cut by an eighth of a pixel, those of the hole as well."""
    mask = np.zeros((9, 12), bool)
    mask[1:8, 2:11] = True
    mask[3:5, 4:8] = False
    (polygon,) = trace(mask)
    assert area(polygon) == 7 * 9 - 2 * 4
    # The outline's four cut corners, those of the hole, and the keyhole there and back.
    assert len(polygon) == 8 + 8 + 4


def test_no_pixel_centre_is_on_a_keyhole():
    """Readers differ in whether a centre on an outline is inside."""
    rng = np.random.default_rng(0)
    mask = ndimage.gaussian_filter(rng.normal(size=(40, 50)), 1) > -0.05
    for polygon in trace(mask):
        for start, stop in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            assert (start % 1 == 0.5).any()
            if start[0] == stop[0]:
                assert start[0] % 1 == 0.5


def test_nothing():
    assert trace(np.zeros((3, 4), bool)) == []


def test_a_pixel():
    (polygon,) = trace(np.array([[False, False], [False, True]]))
    assert sorted(map(tuple, polygon)) == [(0.5, 1.0), (1.0, 0.5), (1.0, 1.5), (1.5, 1.0)]
