"""Neighbouring slices by number and by distance."""

import pytest

from lungseg.data.context import neighbours, offsets
from lungseg.errors import DataError


@pytest.mark.parametrize(
    ("context", "mm", "slice_mm", "expected"),
    [
        (0, None, 3.0, [0]),
        (0, 1.0, 30.0, [0]),
        (1, None, 3.0, [-1, 0, 1]),
        (2, 3.0, 3.0, [-2, -1, 0, 1, 2]),
        (2, 3.0, 0.7, [-8, -4, 0, 4, 8]),
        (1, 5.0, 3.0, [-2, 0, 2]),
        (1, 4.0, 3.0, [-1, 0, 1]),
    ],
)
def test_distances(context, mm, slice_mm, expected):
    assert offsets(context, mm, slice_mm, 40) == expected


def test_more_than_a_scan_has_is_refused():
    assert offsets(2, None, 3.0, 5) == [-2, -1, 0, 1, 2]
    with pytest.raises(
        DataError, match="^data.context=2: the network needs at least 5 slices, and there are 4"
    ):
        offsets(2, None, 3.0, 4)


def test_slices_too_thick_for_the_distance_are_refused():
    with pytest.raises(DataError, match=r"^data.context_mm=1: the slices here are 5 mm apart"):
        offsets(1, 1.0, 5.0, 40)


def test_the_outermost_slices_stand_for_those_beyond():
    assert neighbours(0, [-2, 0, 2], 3) == [0, 0, 2]
    assert neighbours(2, [-2, 0, 2], 3) == [0, 2, 2]
