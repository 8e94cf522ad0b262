"""What a flip would do to a mask that does not fit."""

from itertools import product

import numpy as np
import pytest

from lungseg.evaluation.flipped import AXES, better_flip


def lung():
    """In one corner, and of a shape that no flip maps to itself."""
    mask = np.zeros((8, 9, 10), bool)
    mask[0:3, 0:4, 0:4] = True
    mask[0, 0, 4] = True
    return mask


@pytest.mark.parametrize("flips", list(product((False, True), repeat=3))[1:])
def test_every_flip_is_named(flips):
    axes = tuple(axis for axis, flip in enumerate(flips) if flip)
    expected = " and ".join(AXES[axis] for axis in axes)
    assert better_flip(np.flip(lung(), axes), lung()) == (
        f"flipped {expected} its DSC would be 1.00 instead of 0.00: is its geometry right?"
    )


def test_nothing_is_said_of_others():
    assert better_flip(lung(), lung()) is None
    assert better_flip(np.zeros_like(lung()), lung()) is None
    assert better_flip(lung(), np.zeros_like(lung())) is None
    poor = lung()
    poor[:, :, 2:] = False  # half of it is missed: DSC 0.66
    assert better_flip(poor, lung()) is None
    assert better_flip(np.roll(lung(), 3, axis=1), lung()) is None
