"""Thirds of empty, small and larger masks."""

from collections import Counter

import pytest

from lungseg.data.sampling.balanced import Balanced
from tests.data.sampling.slices import EMPTY, LARGE, POSITIVES, SMALL, some


def test_each_kind_has_a_third_and_each_slice_of_it_the_same_part():
    times = Counter()
    for epoch in range(60):
        order = Balanced(0.01).order(epoch, 0, some())
        kinds = Counter(POSITIVES[item] for item in order)
        assert kinds == {EMPTY: 20, SMALL: 20, LARGE: 20}
        times.update(order)
    for kind in (EMPTY, SMALL, LARGE):
        items = [item for item, positives in enumerate(POSITIVES) if positives == kind]
        expected = 60 * 20 / len(items)
        assert all(times[item] == pytest.approx(expected, rel=0.35) for item in items)


def test_what_is_small_is_a_share_of_the_slices_own_pixels():
    # 30 pixels are 2.9 % of the small size, 0.7 % of the large one.
    # So the small size has two kinds in three slices, and the large one has three.
    times = Counter(Balanced(0.01).order(0, 0, some([0, 0, 30, 30, 300, 300])))
    assert (times[0], times[2] + times[4]) == (2, 1)
    assert (times[1], times[3], times[5]) == (1, 1, 1)
    # None of these is small: half are empty, half are larger.
    order = Balanced(0.01).order(0, 0, some([0, 0, 30, 30, 30, 30], [(32, 32)] * 6))
    assert sum(item < 2 for item in order) == 3


@pytest.mark.parametrize("small", [0, 1, None, "tiny"])
def test_an_impossible_share_is_refused(small):
    with pytest.raises(ValueError, match="small must be a number above 0 and below 1"):
        Balanced(small)
