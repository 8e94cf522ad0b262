import numpy as np
import pytest
from scipy import ndimage

from lungseg.augment.blur import Blur
from tests.augment.samples import drawn, slices


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.6, 3.0])
def test_scipy_blurs_likewise(sigma):
    image, mask = slices(n=2, channels=2)
    new, _ = Blur().apply(image.float(), mask, [{"sigma": sigma}, None])
    for channel in (0, 1):
        expected = ndimage.gaussian_filter(
            image[0, channel].numpy().astype(float), sigma, mode="nearest", truncate=3
        )
        assert np.abs(new[0, channel].numpy() - expected).max() < 1e-2
    assert np.array_equal(new[1].numpy(), image[1].numpy())


def test_draws_and_their_range():
    sigmas = [one["sigma"] for one in drawn(Blur(p=1, sigma=[0.5, 2]))]
    assert 0.5 <= min(sigmas) < 0.52
    assert 1.98 < max(sigmas) <= 2
    with pytest.raises(ValueError, match="Blur.sigma must be"):
        Blur(sigma=[0, 1])
