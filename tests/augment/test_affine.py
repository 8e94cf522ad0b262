"""Affine moves, against SciPy's and against maps worked by hand."""

import cmath
import math

import numpy as np
import pytest
from scipy import ndimage

from lungseg.augment.affine import Affine
from tests.augment.samples import FILL, drawn, moved, slices

STILL = {"scale": 1.0, "degrees": 0.0, "shear": 0.0, "shift": [0.0, 0.0]}
CASES = {
    "scale": {"scale": 0.8},
    "turn": {"degrees": 33.0},
    "shear": {"shear": -12.0},
    "shift": {"shift": [0.1, -0.13]},
    "all": {"scale": 1.17, "degrees": -17.0, "shear": 8.0, "shift": [-0.07, 0.11]},
}


def goes_to(y, x, params, size):
    """Where a point goes, with complex numbers: x is real, y (downwards) imaginary."""
    point = complex(x + y * math.tan(math.radians(params["shear"])), y)
    point *= cmath.rect(params["scale"], math.radians(params["degrees"]))
    dy, dx = params["shift"]
    return point.imag + dy * size[0], point.real + dx * size[1]


def scipys(array, params, fill):
    """The same with ndimage, which asks where each pixel comes from."""
    size = array.shape
    middle = (np.array(size) - 1) / 2
    origin = np.array(goes_to(0, 0, params, size))
    forward = np.stack([goes_to(1, 0, params, size), goes_to(0, 1, params, size)], axis=1)
    forward -= origin[:, None]
    back = np.linalg.inv(forward)
    offset = middle - back @ (origin + middle)
    return ndimage.affine_transform(
        array.astype(float), back, offset, order=1, mode="grid-constant", cval=fill
    )


@pytest.mark.parametrize("size", [(24, 20), (31, 17)])
@pytest.mark.parametrize("changed", CASES.values(), ids=CASES)
def test_scipy_moves_likewise(changed, size):
    image, mask = slices(n=1, channels=2, size=size)
    params = STILL | changed
    new_image, new_mask = moved(image, mask, (Affine(), params))
    for channel in (0, 1):
        expected = scipys(image[0, channel].numpy(), params, FILL)
        assert np.abs(new_image[0, channel] - expected).max() < 0.501  # rounded to whole HU
    share = scipys(mask[0, 0].numpy(), params, 0)
    clear = np.abs(share - 0.5) > 1e-3
    assert clear.mean() > 0.8
    assert np.array_equal(new_mask[0, 0][clear], (share >= 0.5)[clear])


def test_a_quarter_turn_is_exact():
    image, mask = slices(size=(20, 20))
    new_image, new_mask = moved(image, mask, (Affine(), STILL | {"degrees": 90.0}))
    assert np.array_equal(new_image[0, 0], np.rot90(image[0, 0].numpy(), -1))
    assert np.array_equal(new_mask[0, 0], np.rot90(mask[0, 0].numpy(), -1))


def test_draws_fill_their_ranges_and_no_more():
    draws = drawn(Affine(scale=[0.5, 2], degrees=20, shear=5, shift=0.1))
    ranges = {"scale": (0.5, 2), "degrees": (-20, 20), "shear": (-5, 5), "shift": (-0.1, 0.1)}
    for name, (low, high) in ranges.items():
        values = np.array([params[name] for params in draws])
        assert low <= values.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < values.max() <= high
    assert 0.45 < np.mean([params["scale"] < 1 for params in draws]) < 0.55


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"scale": [0, 1]}, "Affine.scale must be [low, high] with 0.1 <= low <= high <= 10"),
        ({"scale": 1.1}, "Affine.scale must be [low, high]"),
        ({"degrees": "many"}, "Affine.degrees must be a number from 0 to 180, got 'many'"),
        ({"shear": 90}, "Affine.shear must be a number from 0 to 60, got 90"),
        ({"shift": -0.1}, "Affine.shift must be a number from 0 to 1, got -0.1"),
        ({"p": True}, "Affine.p must be a number from 0 to 1, got True"),
    ],
)
def test_what_is_impossible_is_refused(wrong, line):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        Affine(**wrong)
    assert str(error.value).startswith(line)
