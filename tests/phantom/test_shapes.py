"""Where shapes meet, seams are round."""

from __future__ import annotations

import numpy as np

from lungseg.phantom.shapes import smooth_max, smooth_min


def test_smooth_union_and_intersection():
    a, b = np.array([-3.0, 0.0, 5.0, 40.0]), np.array([4.0, 0.0, 5.5, 2.0])
    union, section = smooth_min(a, b, 4), smooth_max(a, b, 4)
    assert (union <= np.minimum(a, b)).all()
    assert (union >= np.minimum(a, b) - 1).all()
    np.testing.assert_allclose(section, -smooth_min(-a, -b, 4))
    assert union[3] == 2  # far from the seam nothing is rounded
