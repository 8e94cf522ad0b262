"""The hardest slices twice."""

from collections import Counter

import numpy as np
import pytest

from lungseg.data.sampling.errors import errors_of
from lungseg.data.sampling.hard import Hard
from tests.data.sampling.slices import some

ONE_SIZE = [(32, 32)] * 12


def slices(errors):
    made = some([5] * 12, ONE_SIZE)
    made.errors[:] = errors
    return made


def test_the_hardest_occur_twice_and_others_take_turns_to_pause():
    errors = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, *[0.05] * 6]
    paused = Counter()
    for epoch in range(1, 40):
        times = Counter(Hard(0.25).order(epoch, 0, slices(errors)))
        assert {item for item, n in times.items() if n == 2} == {1, 3, 5}
        pausing = set(range(12)) - set(times)
        assert len(pausing) == 3
        paused.update(pausing)
    assert set(paused) == set(range(12)) - {1, 3, 5}


def test_what_was_not_shown_yet_is_hard_and_before_the_first_epoch_nothing_is():
    assert sorted(Hard().order(0, 0, slices(np.nan))) == list(range(12))
    times = Counter(Hard(0.1).order(1, 0, slices([0.9, *[0.1] * 10, np.nan])))
    assert [item for item, n in times.items() if n == 2] == [11]


def test_errors_by_hand():
    table = np.array(
        [
            [0, 3, 40, 10, 10, 9940],  # 20 wrong of 100 + 1
            [0, 3, 50, 0, 0, 9950],  # none wrong: the mean with the row before
            [1, 0, 0, 0, 0, 10000],
            [1, 1, 0, 9, 0, 9991],  # 9 wrong of 9 + 1
        ]
    )
    assert errors_of(table) == pytest.approx({(0, 3): 10 / 101, (1, 0): 0, (1, 1): 0.9})


@pytest.mark.parametrize("share", [0, 0.6, True])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(ValueError, match=r"share must be a number above 0 and up to 0\.5"):
        Hard(share)
