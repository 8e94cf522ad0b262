"""Contours drawn for tests."""

import numpy as np
from hypothesis import strategies as st

from tests.dicom.shapes import circle, empty_volume

CUBE = empty_volume((61, 61, 61), origin=(-30, -30, -30))


def codes(findings):
    return {finding.code: finding for finding in findings}


def discs(heights, **keywords):
    return [circle(0, 0, z, 15, **keywords) for z in heights]


def rectangle(rows, columns):
    """Corners in the middle slice, half a pixel around pixels from the first to the last."""
    (top, bottom), (left, right) = rows, columns
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    offset = np.array([0.5 if edge == 1 else -0.5 for edge in (0, 1)])
    points = []
    for row, column in corners:
        y = row + (offset[0] if row == top else offset[1])
        x = column + (offset[0] if column == left else offset[1])
        points.append([x, y, 1])
    return np.array(points, float)


SMALL_GRID = empty_volume((3, 12, 12))


@st.composite
def rings(draw):
    """How a contour is written: where it starts and which way it runs."""
    return {"start": draw(st.floats(0, 6)), "winding": draw(st.sampled_from([1, -1]))}


def sphere(x, y, z, radius, **how):
    """Circles on whole z."""
    heights = range(int(np.ceil(z - radius)), int(np.ceil(z + radius)))
    return [circle(x, y, h, np.sqrt(radius**2 - (h - z) ** 2), **how) for h in heights]
