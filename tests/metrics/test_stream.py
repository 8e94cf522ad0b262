"""Cases scored as their slices arrive."""

import numpy as np

from lungseg.metrics.cases import case_row
from lungseg.metrics.stream import CaseStream

SPACING = (3.0, 1.0, 1.0)


def block(shift):
    mask = np.zeros((4, 12, 30), bool)
    mask[1:3, 3:9, 3 + shift : 9 + shift] = True
    mask[1:3, 3:9, 20:26] = True
    return mask


# Case 1 is off by three pixels, case 0 by one, case 2 not at all.
PREDICTIONS = [block(1), block(3), block(0)]


def stream(cases):
    found = CaseStream([4, 4, 4], [SPACING] * 3)
    for case in cases:
        for prediction, reference in zip(PREDICTIONS[case], block(0), strict=True):
            found.add(case, prediction, reference)
    return found


def test_numbers_are_those_of_whole_volumes():
    numbers = stream([0, 1, 2]).numbers()
    assert list(numbers) == [0, 1, 2]
    for case in numbers:
        assert numbers[case] == case_row(PREDICTIONS[case], block(0), SPACING).numbers


def test_sides_of_a_case_are_asked_for_when_it_is_whole():
    # The other way round than a split by place would have it.
    sides = block(0) * np.where(np.arange(30) < 15, 2, 1).astype(np.uint8)
    asked = []
    found = CaseStream([4], [SPACING], lambda case: asked.append(case) or sides)
    for prediction, reference in zip(PREDICTIONS[0], block(0), strict=True):
        assert asked == []
        found.add(0, prediction, reference)
    numbers = found.numbers()[0]
    assert asked == [0]
    by_place = case_row(PREDICTIONS[0], block(0), SPACING).numbers
    assert numbers["left_hd95_mm"] == by_place["right_hd95_mm"] > 0
    assert numbers["right_hd95_mm"] == by_place["left_hd95_mm"] == 0


def test_the_worst_is_the_one_with_the_largest_hd95():
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        case, score = stream(order).worst()
        assert case == 1
        assert score.numbers["hd95_mm"] == 3
        assert score.distance_mm.max() == 3
        assert len(score.surface_mm) == len(score.distance_mm)


def test_many_cases_wait_for_no_more_than_a_few():
    found = CaseStream([1] * 50, [SPACING] * 50)
    for case in range(50):
        found.add(case, PREDICTIONS[0][1], block(0)[1])
        assert len(found._waiting) <= 2
    assert len(found.numbers()) == 50


def test_an_incomplete_case_is_dropped():
    found = stream([0])
    found.add(1, PREDICTIONS[1][0], block(0)[0])
    for prediction, reference in zip(PREDICTIONS[2], block(0), strict=True):
        found.add(2, prediction, reference)
    assert list(found.numbers()) == [0, 2]


def test_without_a_distance_there_is_no_worst():
    found = CaseStream([1], [SPACING])
    found.add(0, np.zeros((3, 3), bool), np.zeros((3, 3), bool))
    assert found.worst() is None
