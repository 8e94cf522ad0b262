"""Scans unlike those of the training are brought to their spacing, and the result back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lungseg.inference.network_grid import NetworkGrid, between

TRAINED = {"pixel_mm": [0.9, 1.0], "slice_mm": [3.0, 5.0]}


@pytest.mark.parametrize(
    ("spacing", "size", "group"),
    [
        ((3.0, 0.95, 0.95), (400, 300), 1),  # as in training
        ((3.0, 0.82, 1.09), (400, 300), 1),  # within 10 % of it
        ((3.0, 0.45, 0.45), (200, 150), 1),  # to 0.9 mm
        ((3.0, 2.0, 2.0), (800, 600), 1),  # to 1.0 mm
        ((3.0, 0.45, 0.95), (200, 300), 1),  # pixels need not be square
        ((1.0, 0.95, 0.95), (400, 300), 3),
        ((0.625, 0.95, 0.95), (400, 300), 5),
        ((10.0, 0.95, 0.95), (400, 300), 1),  # thick slices cannot be made thinner
    ],
)
def test_the_nearest_spacing_of_the_training_is_taken(spacing, size, group):
    grid = NetworkGrid.of((90, 400, 300), spacing, TRAINED)
    assert (grid.size, grid.group) == (size, group)
    assert grid.resampled == (size != (400, 300) or group > 1)
    # The field of view stays the same.
    mm = np.array(grid.spacing_mm[1:]) * grid.size
    np.testing.assert_allclose(mm, np.array(spacing[1:]) * (400, 300))


def test_slices_are_not_enlarged_without_end():
    grid = NetworkGrid.of((400, 512, 512), (3.0, 3.0, 3.0), TRAINED)
    assert grid.size == (1024, 1024)
    assert NetworkGrid.of((9, 2048, 2048), (3.0, 1.2, 1.2), TRAINED).size == (2048, 2048)


def test_without_a_domain_nothing_changes():
    assert not NetworkGrid.of((90, 400, 300), (0.1, 0.1, 9), {}).resampled


@given(n=st.integers(1, 40), group=st.integers(1, 7))
def test_each_slice_lies_between_its_planes(n, group):
    grid = NetworkGrid((8, 8), (8, 8), group, (1.0, 1.0, 1.0))
    planes = grid.planes(n)
    assert [z for plane in planes for z in plane] == list(range(n))
    centres = [np.mean(plane) for plane in planes]
    for z in range(n):
        below, above, weight = between(planes, z)
        value = (1 - weight) * centres[below] + weight * centres[above]
        assert value == pytest.approx(np.clip(z, centres[0], centres[-1]))


def test_a_size_of_the_model_stands_whatever_the_spacing():
    grid = NetworkGrid.of((60, 100, 80), (1.0, 0.5, 0.5), TRAINED, (50, 40))
    assert (grid.size, grid.group, grid.spacing_mm) == ((50, 40), 3, (3.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("spacing", "size", "unlike"),
    [
        ((3.0, 0.5, 0.5), None, True),
        ((3.0, 0.5, 0.5), (50, 40), False),  # as all scans of the training were
        ((1.0, 0.5, 0.5), (50, 40), True),  # but thinner slices
        ((3.0, 1.0, 1.0), None, False),
    ],
)
def test_what_the_model_does_to_every_scan_is_no_sign_of_an_unlike_one(spacing, size, unlike):
    assert NetworkGrid.of((60, 100, 80), spacing, TRAINED, size).unlike_training == unlike
