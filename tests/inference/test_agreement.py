"""Agreement of models is the DSC of the worst of them, lung by lung."""

import numpy as np
import pytest

from lungseg.inference.agreement import agreement


def packed(labels):
    return np.packbits(labels > 0, axis=-1)


def lungs():
    labels = np.zeros((4, 10, 21), np.uint8)
    labels[:, 2:8, 2:8], labels[:, 2:8, 13:19] = 1, 2
    return labels


def test_equal_masks_agree_wholly():
    assert agreement(lungs() > 0, lungs(), [packed(lungs())] * 2) == {"right": 1, "left": 1}
    nothing = np.zeros((2, 4, 8), np.uint8)
    assert agreement(nothing > 0, nothing, [packed(nothing)]) == {"right": 1, "left": 1}


def test_the_worst_member_counts_for_the_lung_that_it_misses():
    other = lungs()
    other[:2][other[:2] == 2] = 0  # half of the left lung
    assert agreement(lungs() > 0, lungs(), [packed(lungs()), packed(other)]) == {
        "right": 1,
        "left": pytest.approx(2 / 3),  # 2 * 1/2 / (1/2 + 1)
    }


def test_what_is_too_much_counts_on_its_side():
    other = lungs()
    other[:, 2:8, 8:10] = 1  # a third more of the right lung, towards the middle
    assert agreement(lungs() > 0, lungs(), [packed(other)]) == {
        "right": pytest.approx(6 / 7),
        "left": 1,
    }


def test_what_post_processing_removed_is_no_disagreement():
    raw = lungs()
    raw[0, 0, 0] = 1
    assert agreement(raw > 0, lungs(), [packed(raw)] * 2) == {"right": 1, "left": 1}
