"""Masks on other grids, compared with what SimpleITK makes of them."""

import numpy as np
import pytest
import SimpleITK

from lungseg.sources.predicted.resample import resampled
from tests.sources.predicted.grid import GRID, SHAPE, SPACING, affine_of, lungs


def itk(array, spacing, origin):
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    image.SetOrigin(origin)
    return image


@pytest.mark.parametrize(
    ("spacing", "origin"),
    [
        ((2.2, 1.9, 0.7), (-19.3, 29.7, -99.6)),
        ((3.0, 1.5, 1.25), (-16.1, 31.0, -101.1)),
        ((6.5, 3.2, 2.7), (-20.0, 30.0, -100.0)),
    ],
)
def test_as_simpleitk(spacing, origin):
    labels = lungs((9, 11, 13))
    smooth = np.random.default_rng(3).random((9, 11, 13), np.float32)
    reference = itk(np.zeros(SHAPE, np.uint8), SPACING, (-20.0, 30.0, -100.0))
    resample = SimpleITK.ResampleImageFilter()
    resample.SetReferenceImage(reference)
    resample.SetInterpolator(SimpleITK.sitkNearestNeighbor)
    expected = SimpleITK.GetArrayFromImage(resample.Execute(itk(labels, spacing, origin)))
    made = resampled(labels > 0, affine_of(spacing, origin), GRID)
    assert expected.any()
    np.testing.assert_array_equal(made, expected > 0)

    resample.SetInterpolator(SimpleITK.sitkLinear)
    expected = SimpleITK.GetArrayFromImage(resample.Execute(itk(smooth, spacing, origin)))
    made = resampled(smooth, affine_of(spacing, origin), GRID)
    # Near its border ITK repeats the outermost voxels, where here values fade out.
    at = np.linalg.solve(affine_of(spacing, origin), GRID.affine) @ np.stack(
        [*np.indices(SHAPE).reshape(3, -1), np.ones(np.prod(SHAPE))]
    )
    inside = ((at[:3] >= 0) & (at[:3] <= np.array([[8], [10], [12]]))).all(0).reshape(SHAPE)
    assert inside.sum() > 20
    np.testing.assert_allclose(made[inside], expected[inside], atol=2e-5)
    far = ((at[:3] <= -1) | (at[:3] >= np.array([[9], [11], [13]]))).any(0).reshape(SHAPE)
    assert not made[far].any()
