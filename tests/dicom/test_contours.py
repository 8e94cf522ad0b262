"""Irregular contours: gaps, borders, oblique planes."""

import numpy as np
import pytest

from lungseg.dicom.rtstruct import rasterize
from lungseg.errors import DataError
from tests.dicom.drawings import CUBE, codes, discs, sphere
from tests.dicom.shapes import circle


def test_shapes_at_the_border():
    # The border of the image runs half a pixel outside the outermost centres.
    half, findings = rasterize(sphere(-30.5, 0, 0, 25), CUBE)
    assert half.sum() == pytest.approx(2 / 3 * np.pi * 25**3, rel=0.01)
    assert set(codes(findings)) == {"contour-cut"}
    corners = [[-30.5, -30.5], [-30.5, 30.5], [30.5, 30.5], [30.5, -30.5]]
    full, findings = rasterize(
        [np.array([[x, y, z] for x, y in corners]) for z in range(-30, 31)], CUBE
    )
    assert full.all()
    assert findings == []


def test_slices_without_contour_are_counted_and_stay_empty():
    mask, findings = rasterize(discs([*range(-10, 0), *range(5, 12)]), CUBE, "left lung")
    assert not mask[30:35].any()
    (finding,) = findings
    assert finding.code == "contour-gap"
    assert finding.severity == "warning"
    assert finding.text.startswith("left lung: 5 slice(s)")


def test_a_gap_in_one_of_two_parts_is_seen():
    right = [circle(-16, 0, z, 10) for z in range(-10, 11)]
    left = [circle(16, 0, z, 10) for z in range(-10, 11)]
    assert rasterize(right + left, CUBE)[1] == []
    _, findings = rasterize(right + left[:8] + left[13:], CUBE)
    assert codes(findings)["contour-gap"].text.startswith("structure: 5 slice(s)")
    # A part that ends is not a gap.
    assert rasterize(right + left[:8], CUBE)[1] == []


@pytest.mark.parametrize(
    ("contours", "code", "slices"),
    [
        (discs(np.arange(-5, 5) + 0.3), "contour-off-slice", range(25, 35)),
        (discs(np.arange(-5, 5, 0.5)), "contour-double", range(25, 36)),
        (discs(range(20, 40)), "contour-outside", range(50, 61)),
        ([*discs(range(5)), circle(0, 0, 0, 9)[:, [2, 0, 1]]], "contour-oblique", range(30, 35)),
        (discs(range(5)) + discs(range(5)), "contour-repeated", range(30, 35)),
        ([*discs([0]), circle(12, 0, 0, 15)], "contour-overlap", [30]),
    ],
)
def test_what_does_not_fit_is_reported(contours, code, slices):
    mask, findings = rasterize(contours, CUBE)
    assert code in codes(findings)
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == list(slices)
    assert all(image.sum() >= 600 for image in mask if image.any())  # none was hollowed out


def test_oblique_contours_are_refused():
    tilted = [ring + ring[:, :1] * [0, 0, 0.3] for ring in discs(range(5))]
    with pytest.raises(DataError, match="lung: the contours are oblique"):
        rasterize(tilted, CUBE, "lung")


def test_a_structure_without_contours_is_empty():
    mask, findings = rasterize([], CUBE)
    assert mask.shape == (61, 61, 61)
    assert not mask.any()
    assert findings == []
