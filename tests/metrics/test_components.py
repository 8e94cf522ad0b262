"""Connected components, against SciPy alone."""

import numpy as np
import pytest
from scipy import ndimage

from lungseg.metrics.components import components


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_components_and_sizes_are_those_of_scipy(share):
    mask = np.random.default_rng(0).random((6, 20, 30)) < share
    labels, sizes = components(mask)
    expected, count = ndimage.label(mask)
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(
        sizes[1:], ndimage.sum_labels(mask, expected, range(1, count + 1))
    )
    assert labels.dtype == np.uint16
    assert sizes[0] == 0


def test_more_components_than_two_bytes_can_number():
    mask = np.zeros((1, 600, 600), bool)
    mask[:, ::2, ::2] = True
    labels, sizes = components(mask)
    assert labels.max() == 90_000
    assert (sizes[1:] == 1).all()


def test_an_empty_mask_has_none():
    labels, sizes = components(np.zeros((2, 3, 4), bool))
    assert not labels.any()
    assert sizes.tolist() == [0]
