import numpy as np
import pytest

from lungseg.evaluation.collect import pack, unpack


@pytest.mark.parametrize("shape", [(512, 512), (7, 5), (1, 1)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_packed_mask_comes_back(shape, share):
    mask = np.random.default_rng(0).random(shape) < share
    assert np.array_equal(unpack(pack(mask), shape), mask)


def test_a_mask_takes_little_memory():
    y, x = np.ogrid[:512, :512]
    lungs = ((y - 250) / 120) ** 2 + ((abs(x - 256) - 100) / 70) ** 2 < 1
    assert len(pack(lungs)) < 1500
