"""Contours combined by exclusive-or."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lungseg.dicom.rtstruct import rasterize
from tests.dicom.drawings import CUBE, SMALL_GRID, codes, rectangle
from tests.dicom.shapes import circle, empty_volume


@pytest.mark.parametrize(
    ("rectangles", "n_pixels", "kinds"),
    [
        # A hole of 64 of 100 pixels: 100 - 64.
        ([((1, 10), (1, 10)), ((2, 9), (2, 9))], 36, set()),
        # The same outline but for a rim, which CLOSED_PLANAR takes for one drawn again.
        ([((1, 10), (1, 10)), ((1, 10), (1, 9))], 10, set()),
        # Two of 16 that share 4: 16 + 16 - 2 * 4.
        ([((1, 4), (1, 4)), ((3, 6), (3, 6))], 24, set()),
        # An island in a hole: 100 - 64 + 16.
        ([((1, 10), (1, 10)), ((2, 9), (2, 9)), ((4, 7), (4, 7))], 52, set()),
        # Drawn twice, nothing is left; thrice, one.
        ([((1, 4), (1, 4))] * 2, 0, {"contour-cancelled"}),
        ([((1, 4), (1, 4))] * 3, 16, {"contour-cancelled"}),
    ],
)
def test_exclusive_or_by_hand(rectangles, n_pixels, kinds):
    contours = [rectangle(*sides) for sides in rectangles]
    mask, findings = rasterize([], SMALL_GRID, exclusive=contours)
    assert mask[1].sum() == mask.sum() == n_pixels
    assert set(codes(findings)) == kinds
    again, _ = rasterize([], SMALL_GRID, exclusive=contours[::-1])
    np.testing.assert_array_equal(again, mask)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(2, 28), st.floats(2, 28), st.floats(1, 14)), min_size=1, max_size=6
    )
)
def test_exclusive_or_as_another_library(circles):
    from matplotlib.path import Path as Outline

    volume = empty_volume((1, 31, 31))
    contours = [circle(x + 0.013, y + 0.017, 0, radius, points=40) for x, y, radius in circles]
    mask, _ = rasterize([], volume, exclusive=contours)
    centres = np.moveaxis(np.indices((31, 31)), 0, -1).reshape(-1, 2)[:, ::-1]
    odd = np.zeros(len(centres), bool)
    for contour in contours:
        odd ^= Outline(contour[:, :2]).contains_points(centres)
    np.testing.assert_array_equal(mask[0].ravel(), odd)


def test_both_types_in_one_structure():
    """A hole by size stays one; what exclusive-or makes of its own is added."""
    outer, hole = rectangle((1, 8), (1, 8)), rectangle((3, 4), (3, 4))
    pair = [rectangle((4, 6), (4, 6)), rectangle((5, 5), (5, 5))]
    mask, _ = rasterize([outer, hole], SMALL_GRID, exclusive=pair)
    # 64 - 4, and of the ring of 8 the corner that lies in the hole.
    assert mask.sum() == 61


def test_a_hole_by_exclusive_or_is_not_a_gap():
    contours = [circle(0, 0, z, 15) for z in range(-5, 6)]
    holes = [circle(0, 0, z, 12) for z in (-3, -2, 0, 3)]
    _, findings = rasterize([], CUBE, exclusive=contours + holes)
    assert findings == []
    _, findings = rasterize([], CUBE, exclusive=contours[:4] + contours[6:])
    assert set(codes(findings)) == {"contour-gap"}


def test_a_gap_in_one_of_two_exclusive_parts():
    right = [circle(-16, 0, z, 10) for z in range(-10, 11)]
    left = [circle(16, 0, z, 10) for z in range(-10, 11)]
    assert rasterize([], CUBE, exclusive=right + left)[1] == []
    _, findings = rasterize([], CUBE, exclusive=right + left[:8] + left[13:])
    assert codes(findings)["contour-gap"].text.startswith("structure: 5 slice(s)")
