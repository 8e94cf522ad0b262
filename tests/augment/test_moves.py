"""Image and mask of a phantom move together, to 1e-6 of the window."""

import numpy as np
import pytest
import torch

from lungseg.augment.affine import Affine
from lungseg.augment.augment import Augment
from lungseg.augment.flip import Flip
from lungseg.data.intensity import Window
from tests.augment.test_affine import STILL

HIGH, WIDE = 40, 60
AIR, LUNG = -1000, -200  # sixteenths of the difference are whole HU


def disc(y=19.0, x=24.0, radius=9.3):
    rows, columns = np.mgrid[:HIGH, :WIDE]
    return ((rows - y) ** 2 + (columns - x) ** 2 <= radius**2).astype(np.uint8)


def scaled(array):
    """Twice as large about the middle: linear interpolation, row by row, then column by column."""
    for axis, n in enumerate(array.shape):
        middle = (n - 1) / 2
        places = (np.arange(n) - middle) / 2 + middle
        array = np.apply_along_axis(lambda line, p=places: np.interp(p, range(len(p)), line), axis, array)  # fmt: skip
    return array


def shifted(array):
    """Three pixels down, six to the left."""
    new = np.zeros_like(array)
    new[3:, :-6] = array[:-3, 6:]
    return new


MOVES = {
    "flip": (Flip(1), {}, lambda array: array[:, ::-1]),
    "flip front to back": (Flip(1, "front_back"), {}, lambda array: array[::-1]),
    "shift": (Affine(), STILL | {"shift": [3 / HIGH, -6 / WIDE]}, shifted),
    "scale": (Affine(), STILL | {"scale": 2.0}, scaled),
}


@pytest.mark.parametrize(("transform", "params", "by_hand"), MOVES.values(), ids=MOVES)
def test_image_and_mask_move_together(transform, params, by_hand):
    mask = disc()
    hu = np.where(mask, LUNG, AIR).astype(np.int16)
    image, new_mask = Augment([transform]).apply(
        torch.from_numpy(hu)[None, None],
        torch.from_numpy(mask)[None, None],
        [[params]],
        Window(-1000, 600),
        fill_hu=AIR,
    )
    expected = by_hand(mask.astype(float))
    assert np.abs(image[0, 0].numpy() - expected / 2).max() < 1e-6
    assert np.array_equal(new_mask[0, 0].numpy(), expected >= 0.5)
    assert np.array_equal(new_mask[0, 0].numpy(), image[0, 0].numpy() >= 0.25)


def test_the_border_of_the_mask_stays_at_that_of_the_image():
    """Half way between both tissues, as the nearest neighbour would not keep it."""
    mask = disc()
    hu = np.where(mask, LUNG, AIR).astype(np.int16)
    for degrees in (5.0, 13.0, 37.0):
        params = STILL | {"degrees": degrees, "scale": 1.2}
        image, new_mask = Augment([Affine()]).apply(
            torch.from_numpy(hu)[None, None],
            torch.from_numpy(mask)[None, None],
            [[params]],
            lambda hu: hu.float(),
            fill_hu=AIR,
        )
        half = (image >= (AIR + LUNG) / 2).to(torch.uint8)
        assert (half != new_mask).sum() <= 1  # one may be a half, but for rounding


def test_what_comes_from_beyond_is_filled():
    hu = torch.full((1, 2, HIGH, WIDE), 300, dtype=torch.int16)
    mask = torch.ones(1, 2, HIGH, WIDE, dtype=torch.uint8)
    params = STILL | {"shift": [0.25, 0.0]}
    image, new_mask = Augment([Affine()]).apply(
        hu, mask, [[params]], lambda hu: hu.float(), fill_hu=40
    )
    assert torch.equal(image.unique(), torch.tensor([40.0, 300.0]))
    assert (image[:, :, :10] == 40).all()
    assert torch.equal(new_mask, (image == 300).to(torch.uint8))
