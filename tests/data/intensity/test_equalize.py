import re

import numpy as np
import pytest
import torch

from lungseg.data.intensity import Equalize


def slices(*shape, dtype=np.int16):
    """HU of air, lung and soft tissue, beyond a lung window on both sides."""
    draw = np.random.default_rng(0)
    centres = draw.choice([-1000, -850, 40, 500], shape)
    return torch.from_numpy((centres + draw.normal(0, 40, shape)).astype(dtype))


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_a_pixel_becomes_the_share_of_pixels_that_are_not_above_it(dtype):
    hu = slices(2, 3, 17, 19, dtype=dtype)
    before = hu.clone()
    got = Equalize(-1000, 400)(hu)
    assert got.dtype == torch.float32
    assert got.shape == (2, Equalize(-1000, 400).channels_out(3), 17, 19)
    assert torch.equal(hu, before)
    for values, result in zip(hu.flatten(0, 1), got.flatten(0, 1), strict=True):
        whole = np.round(values.numpy()).astype(int)
        inside = np.sort(whole[(whole > -1000) & (whole < 400)])
        assert inside.size
        expected = np.searchsorted(inside, whole, side="right") / inside.size
        expected[whole >= 400] = 1
        np.testing.assert_allclose(result, expected, atol=1e-6)


def test_equals_scikit_image():
    exposure = pytest.importorskip("skimage.exposure")
    hu = slices(1, 2, 64, 48)
    got = Equalize(-1000, 400)(hu)[0].numpy()
    for values, result in zip(hu[0].numpy(), got, strict=True):
        clip = np.clip(values, -1000, 400)
        inside = (clip > -1000) & (clip < 400)
        expected = exposure.equalize_hist(clip, mask=inside)
        np.testing.assert_allclose(result[inside], expected[inside], atol=1e-6)


def test_a_slice_does_not_depend_on_the_others():
    hu = slices(3, 2, 8, 8)
    whole = Equalize(-1000, 400)(hu)
    assert torch.equal(whole[1:2, 1:], Equalize(-1000, 400)(hu[1:2, 1:]))


@pytest.mark.parametrize(
    ("value", "expected"), [(-1000, 0.0), (-999, 1.0), (400, 1.0), (-2000, 0.0)]
)
def test_slices_of_one_value(value, expected):
    assert (Equalize(-1000, 400)(torch.full((1, 1, 3, 3), value)) == expected).all()


def test_no_slice():
    assert Equalize(-1000, 400)(torch.zeros(0, 2, 4, 4)).shape == (0, 2, 4, 4)


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        ((0.5, 400), "lower and upper must be whole numbers, got 0.5 and 400"),
        (("a", 400), "lower and upper must be whole numbers, got 'a' and 400"),
        ((400, 400), "lower must be below upper, got lower=400, upper=400"),
    ],
)
def test_what_is_no_window(limits, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        Equalize(*limits)
