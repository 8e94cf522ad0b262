"""A chosen share of slices with lung."""

import pytest

from lungseg.data.sampling.foreground import Foreground
from tests.data.sampling.slices import EMPTY, POSITIVES, some


@pytest.mark.parametrize(("share", "n"), [(1, 60), (0.9, 54), (0.5, 30), (0, 0)])
def test_so_many_slices_of_an_epoch_have_lung(share, n):
    order = Foreground(share).order(2, 0, some())
    assert sum(POSITIVES[item] != EMPTY for item in order) == n
    # None more than once oftener than another one.
    times = [order.count(item) for item in range(60) if POSITIVES[item] != EMPTY]
    assert max(times) - min(times) <= 1


@pytest.mark.parametrize("positives", [0, 5])
def test_slices_of_one_kind_occur_once_each(positives):
    assert sorted(Foreground(0.5).order(0, 0, some([positives] * 10))) == list(range(10))


@pytest.mark.parametrize("share", [-0.1, 1.1, "most"])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(ValueError, match="share must be a number from 0 to 1"):
        Foreground(share)
