import numpy as np
import pytest

from lungseg.augment.flip import Flip
from tests.augment.samples import drawn, moved, slices


@pytest.mark.parametrize("size", [(24, 20), (17, 31), (512, 3)])
@pytest.mark.parametrize(("direction", "axis"), [("left_right", -1), ("front_back", -2)])
def test_numpy_flips_likewise(direction, axis, size):
    image, mask = slices(n=2, channels=3, size=size)
    new_image, new_mask = moved(image, mask, (Flip(1, direction), {}))
    assert np.array_equal(new_image, np.flip(image.numpy(), axis))
    assert np.array_equal(new_mask, np.flip(mask.numpy(), axis))


def test_the_probability_is_the_share_of_flipped_samples():
    share = np.mean([params is not None for params in drawn(Flip(p=0.3))])
    assert 0.26 < share < 0.34


def test_another_direction_is_refused():
    with pytest.raises(
        ValueError, match=r"Flip.direction must be left_right or front_back, got 'x'"
    ):
        Flip(direction="x")
