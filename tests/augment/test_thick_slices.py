import numpy as np
import pytest

from lungseg.augment.augment import Augment
from lungseg.augment.flip import Flip
from lungseg.augment.thick_slices import ThickSlices
from lungseg.errors import ConfigError
from tests.augment.samples import drawn, slices


@pytest.mark.parametrize("reach", [1, 2, 9])
def test_each_slice_is_the_mean_of_those_within_reach(reach):
    image, mask = slices(n=2, channels=5)
    new, _ = ThickSlices().apply(image.float(), mask, [{"reach": reach}, None])
    old = image.numpy().astype(float)
    for k in range(5):
        near = [old[0, other] for other in range(5) if abs(other - k) <= reach]
        assert np.abs(new[0, k].numpy() - sum(near) / len(near)).max() < 1e-3
    assert np.array_equal(new[1].numpy(), old[1])


def test_every_reach_is_drawn():
    assert {one["reach"] for one in drawn(ThickSlices(p=1, reach=3), n=100)} == {1, 2, 3}


def test_slices_without_neighbours_are_refused_where_it_would_act():
    line = "augment: ThickSlices averages neighbouring slices.*data.context"
    with pytest.raises(ConfigError, match=line):
        Augment([Flip(), ThickSlices(p=0.1)]).check(1)
    Augment([Flip(), ThickSlices(p=0.1)]).check(3)
    Augment([Flip(), ThickSlices(p=0)]).check(1)
    with pytest.raises(ValueError, match=r"ThickSlices.reach must be at least 1, got 0"):
        ThickSlices(reach=0)
