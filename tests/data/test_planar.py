"""Morphology of slices, against SciPy slice by slice."""

import numpy as np
import pytest
from scipy import ndimage

from lungseg.data.planar import closed, containing_square, dilate, erode, numbered, opened

CROSS = ndimage.generate_binary_structure(2, 1)
SQUARE = ndimage.generate_binary_structure(2, 2)


@pytest.fixture(params=[0.1, 0.5, 0.9])
def mask(request):
    return np.random.default_rng(0).random((3, 20, 30)) < request.param


def by_scipy(mask, steps, function, **border):
    planes = []
    for plane in mask:
        for step in range(steps):
            plane = function(plane, SQUARE if step % 2 else CROSS, **border)
        planes.append(plane)
    return np.array(planes)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_growing_and_shrinking(mask, steps):
    assert (dilate(mask, steps) == by_scipy(mask, steps, ndimage.binary_dilation)).all()
    eroded = by_scipy(mask, steps, ndimage.binary_erosion, border_value=1)
    assert (erode(mask, steps) == eroded).all()


def test_opening_and_closing_with_one_step(mask):
    padded = np.pad(mask, ((0, 0), (2, 2), (2, 2)), mode="edge")
    cut = np.s_[2:-2, 2:-2]
    for z in range(len(mask)):
        # Only pixels whose neighbours are in the image say the same with any border.
        opening = ndimage.binary_opening(padded[z], CROSS)[cut][2:-2, 2:-2]
        closing = ndimage.binary_closing(padded[z], CROSS)[cut][2:-2, 2:-2]
        assert (opened(mask, 1)[z][2:-2, 2:-2] == opening).all()
        assert (closed(mask, 1)[z][2:-2, 2:-2] == closing).all()


def test_the_edge_of_an_image_takes_nothing_from_what_it_cuts():
    mask = np.zeros((1, 20, 20), bool)
    mask[0, :6] = True
    assert (opened(mask, 3) == mask).all()


def test_numbers_do_not_reach_other_slices(mask):
    numbers, count = numbered(mask)
    assert count == sum(ndimage.label(plane, CROSS)[1] for plane in mask)
    assert set(np.unique(numbers)) == set(range(count + 1))
    for plane, own in zip(numbers, mask, strict=True):
        assert ((plane > 0) == own).all()


@pytest.mark.parametrize("side", [1, 2, 3, 5, 6, 40])
def test_squares(side):
    mask = np.random.default_rng(1).random((2, 30, 40)) < 0.9
    mask[0, :, 20] = False
    numbers, count = numbered(mask)
    has = {0: False} | dict.fromkeys(range(1, count + 1), False)
    for z, plane in enumerate(mask):
        for y in range(31 - side):
            for x in range(41 - side):
                if plane[y : y + side, x : x + side].all():
                    has[int(numbers[z, y, x])] = True
    assert containing_square(mask, numbers, count, side).tolist() == list(has.values())
