import re

import numpy as np
import pytest
import torch

from lungseg.data.intensity import Clahe, Window
from lungseg.data.intensity.clipped import clipped

SHAPES = [(64, 64), (50, 61), (97, 130), (5, 7), (9, 200)]


def a_slice(height, width):
    """A dark disc in noise, brighter to one side."""
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(y / height - 0.5, x / width - 0.4) < 0.3
    noise = np.random.default_rng(height).normal(0, 60, (height, width))
    return torch.from_numpy(40 + 200 * x / width - 850 * disc + noise).short()


@pytest.mark.parametrize("clip_limit", [0.001, 0.01, 0.05, 1.0])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_scikit_image(shape, clip_limit):
    exposure = pytest.importorskip("skimage.exposure")
    hu = a_slice(*shape)
    got = Clahe(-1000, 400, clip_limit)(hu[None, None])
    image = Window(-1000, 400)(hu).numpy()
    expected = exposure.equalize_adapthist(image, clip_limit=clip_limit)
    # It rounds down to one of 16384 gray levels, before the result is stretched.
    np.testing.assert_allclose(got[0, 0].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("limit", [1, 4, 30, 1000])
def test_histograms_are_clipped_as_by_scikit_image(limit):
    module = pytest.importorskip("skimage.exposure._adapthist")
    counts = np.random.default_rng(limit).gamma(0.3, 20, (50, 256)).astype(int)
    expected = [module.clip_histogram(one.copy(), limit) for one in counts]
    np.testing.assert_array_equal(clipped(torch.from_numpy(counts), limit), expected)


def test_a_clipped_histogram_by_hand():
    # 20 above the limit, 2 for each other bin: 7 becomes 9, which is within 2 of the limit and is
    # filled up. The 1 that is left goes to the bins 0, 8, … that have room, as 8 bins have.
    counts = torch.tensor([[30, 0, 0, 7, 1, 1, 1, 1, 1, 1]])
    assert clipped(counts, 10).tolist() == [[10, 2, 2, 10, 3, 3, 3, 3, 4, 3]]


def test_one_mapping_by_hand():
    """Two tiles along each side; at the centre of a tile only its own mapping counts."""
    hu = torch.zeros(1, 1, 8, 8)
    hu[..., :4, :4] = torch.tensor(
        [0, 0, 0, 0, 0, 0, 0, 0, 400, 400, 400, 400, 1400, 1400, 1400, 0]
    ).view(4, 4)
    hu[..., 7, 7] = 1400
    got = Clahe(0, 1400, clip_limit=1, tiles=2)(hu)[0, 0]
    shares = {0: 9 / 16, 400: 13 / 16, 1400: 1.0}
    low = 9 / 16  # of the darkest in this slice, which becomes 0
    assert hu[0, 0, 2, 2] == 400
    assert got[2, 2].item() == pytest.approx((shares[400] - low) / (1 - low), abs=1e-3)


def test_a_slice_does_not_depend_on_the_others():
    hu = torch.stack([a_slice(40, 40), a_slice(40, 40) // 2, a_slice(40, 40) - 300]).unsqueeze(1)
    whole = Clahe(-1000, 400)(hu)
    assert whole.dtype == torch.float32
    assert whole.min() == 0
    assert whole.max() == 1
    assert torch.equal(whole[1:2], Clahe(-1000, 400)(hu[1:2]))
    as_channels = Clahe(-1000, 400)(hu.transpose(0, 1))
    assert torch.equal(as_channels, whole.transpose(0, 1))
    assert Clahe(-1000, 400).channels_out(3) == 3


def test_slices_of_one_value_and_no_slice():
    assert (Clahe(-1000, 400)(torch.full((1, 1, 16, 16), 40)) == 0).all()
    assert Clahe(-1000, 400)(torch.zeros(0, 2, 4, 4)).shape == (0, 2, 4, 4)


def test_the_input_is_left_alone():
    hu = a_slice(16, 16).float()[None, None]
    before = hu.clone()
    Clahe(-1000, 400)(hu)
    assert torch.equal(hu, before)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"lower": 400}, "lower must be below upper, got lower=400, upper=400"),
        ({"clip_limit": 0}, "clip_limit must be a number above 0 and at most 1, got 0"),
        ({"clip_limit": "low"}, "clip_limit must be a number above 0 and at most 1, got 'low'"),
        ({"tiles": 1}, "tiles must be at least 2, got 1"),
        ({"tiles": 2.5}, "tiles must be a whole number of at least 2, got 2.5"),
    ],
)
def test_what_is_out_of_range(arguments, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        Clahe(**{"lower": -1000, "upper": 400, **arguments})
