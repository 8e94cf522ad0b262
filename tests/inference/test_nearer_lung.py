"""Voxels outside the lungs count to the nearer one."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from lungseg.inference.nearer_lung import STEP_MM, nearer_lung
from tests.dicom.oriented import LABELS


@pytest.mark.parametrize("spacing", [(3, 1.5, 1.25), (0.6, 0.7, 0.7), (5, 4, 4)])
def test_nearest_of_all_voxels(spacing):
    found = nearer_lung(LABELS, spacing)
    np.testing.assert_array_equal(found[LABELS > 0], LABELS[LABELS > 0])
    outside = np.argwhere(LABELS == 0) * spacing
    right, left = (
        cKDTree(np.argwhere(lung == LABELS) * spacing).query(outside)[0] for lung in (1, 2)
    )
    chosen = found[LABELS == 0]
    worse = np.where(chosen == 1, right - left, left - right)
    assert worse.max() <= 2 * np.sqrt(3) * max(STEP_MM, *spacing)
    # Further from the middle than a block, it is always the nearer one.
    sure = np.abs(right - left) > np.sqrt(3) * max(STEP_MM, *spacing)
    np.testing.assert_array_equal(chosen[sure], np.where(right < left, 1, 2)[sure])
    assert sure.mean() > 0.5


@pytest.mark.parametrize("lung", [1, 2])
def test_one_lung(lung):
    labels = np.where(lung == LABELS, LABELS, 0).astype(np.uint8)
    assert (nearer_lung(labels, (3, 1, 1)) == lung).all()


def test_no_lung():
    found = nearer_lung(np.zeros((2, 4, 6), np.uint8), (3, 3, 3))
    assert (found[..., :3] == 1).all()
    assert (found[..., 3:] == 2).all()
