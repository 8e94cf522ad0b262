"""Elastic deformation, against SciPy's splines and interpolation."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.interpolate import BSpline

from lungseg.augment.affine import Affine
from lungseg.augment.augment import Augment
from lungseg.augment.elastic import Elastic
from tests.augment.samples import FILL, drawn, moved, slices
from tests.augment.test_affine import STILL, scipys

SIZE = (48, 40)


def field(params, cells, size=SIZE):
    """The displacement by SciPy's B-splines."""
    knots = np.arange(-3, cells + 4)
    down, across = ((np.arange(n) + 0.5) * cells / n for n in size)
    return np.stack([
        n / cells * BSpline(knots, BSpline(knots, np.array(params[axis]), 3)(down).T, 3)(across).T
        for axis, n in zip(("y", "x"), size, strict=True)
    ])  # fmt: skip


def numbers(cells, strength, seed=0):
    return Elastic(p=1, cells=cells, strength=strength).draw(
        np.random.default_rng(seed), (1, *SIZE)
    )


@pytest.mark.parametrize("cells", [1, 4, 7])
def test_the_displacement_is_scipys(cells):
    params = numbers(cells, 0.3)
    ours = Elastic(cells=cells).displacement(params, torch.zeros(1, 1, *SIZE))
    assert np.abs(ours.numpy() - field(params, cells)).max() < 1e-4


def test_scipy_deforms_likewise():
    image, mask = slices(channels=2, size=SIZE)
    params = numbers(4, 0.3)
    new_image, new_mask = moved(image, mask, (Elastic(cells=4), params))
    places = np.indices(SIZE) + field(params, 4)

    def deformed(array, fill):
        return ndimage.map_coordinates(array.astype(float), places, order=1, mode="grid-constant", cval=fill)  # fmt: skip

    for channel in (0, 1):
        expected = deformed(image[0, channel].numpy(), FILL)
        assert np.abs(new_image[0, channel] - expected).max() < 0.6  # rounded to whole HU
    share = deformed(mask[0, 0].numpy(), 0)
    clear = np.abs(share - 0.5) > 1e-3
    assert np.array_equal(new_mask[0, 0][clear], (share >= 0.5)[clear])


def test_it_acts_after_affine_moves_wherever_it_stands():
    """On a smooth image, where interpolating twice changes little."""
    rows, columns = np.indices(SIZE)
    smooth = 300 * np.sin(rows / 9) + 200 * np.cos(columns / 7)
    image = torch.from_numpy(smooth.round().astype(np.int16))[None, None]
    mask = torch.ones(1, 1, *SIZE, dtype=torch.uint8)
    params, turn = numbers(4, 0.3), {**STILL, "degrees": 25.0, "scale": 1.4}
    steps = [(Elastic(cells=4), params), (Affine(), turn)]
    one, _ = moved(image, mask, *steps)
    other, _ = moved(image, mask, *steps[::-1])
    assert np.array_equal(one, other)
    places = np.indices(SIZE) + field(params, 4)
    turned = scipys(image[0, 0].numpy(), turn, FILL)
    expected = ndimage.map_coordinates(turned, places, order=1, mode="nearest")
    inside = np.s_[12:-12, 10:-10]
    assert np.abs(one[0, 0] - expected)[inside].max() < 8


def test_several_add_up_and_others_of_the_batch_stay():
    image, mask = slices(n=2, size=SIZE)
    params, half = numbers(4, 0.3), numbers(4, 0.15)
    assert np.allclose(np.array(params["x"]) / 2, half["x"])
    augment = Augment([Elastic(cells=4), Elastic(cells=4)])
    run = lambda draws: augment.apply(image, mask, draws, lambda hu: hu, fill_hu=FILL)[0]  # noqa: E731
    together, twice = run([[params, None], [None, None]]), run([[half, half], [None, None]])
    assert (together - twice).abs().max() <= 1
    assert torch.equal(twice[1], image[1].float())
    assert not torch.equal(twice[0], image[0].float())


def test_nothing_folds():
    """Each pixel to the right, or below, comes from further right, or below, at the limit too."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        signs = {axis: np.where(rng.random((7, 7)) < 0.5, -0.48, 0.48).tolist() for axis in "yx"}
        d = Elastic(cells=4).displacement(signs, torch.zeros(120, 120)).double().numpy()
        (yy, yx), (xy, xx) = np.gradient(d[0]), np.gradient(d[1])
        assert ((1 + yy) * (1 + xx) - yx * xy).min() > 0


def test_draws_are_within_the_strength():
    values = np.array([[one["y"], one["x"]] for one in drawn(Elastic(p=1, cells=2, strength=0.3), n=200)])  # fmt: skip
    assert values.shape == (200, 2, 5, 5)
    assert 0.29 < values.max() <= 0.3
    assert -0.3 <= values.min() < -0.29


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"strength": 0.6}, "Elastic.strength must be a number from 0 to 0.48, got 0.6"),
        ({"cells": 0}, "Elastic.cells must be at least 1, got 0"),
        ({"cells": 2.5}, "Elastic.cells must be a whole number of at least 1, got 2.5"),
    ],
)
def test_what_is_impossible_is_refused(wrong, line):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        Elastic(**wrong)
    assert str(error.value) == line
