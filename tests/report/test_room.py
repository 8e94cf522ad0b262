"""Which pictures find room, with lengths chosen by hand."""

from lungseg.report.room import fitting
from lungseg.report.scan_picture import SIZES, Lengths, Picture

FULL, SMALL = Lengths(10, (400, 300, 200, 100)), Lengths(10, (50,))


def test_the_lengths_of_a_picture():
    views = [{"grey": ["g" * (n - 3), "g"], "labels": ["l"], "disagreement": ["d"]} for n in (9, 5)]
    assert Picture([1, 1, 1], "ttt", 1, 1, views).lengths == Lengths(3, (9, 5))


def test_the_largest_size_at_which_all_fit():
    for room, size in ((1300, 0), (1230, 0), (1229, 1), (930, 1), (929, 2), (330, 3)):
        shown = fitting([FULL] * 3, room)
        assert shown.size == SIZES[size]
        assert shown.views == [size] * 3
        assert shown.thumbnails == [True] * 3


def test_a_scan_of_fewer_sizes_is_shown_in_its_last():
    shown = fitting([FULL, SMALL, None], 370)
    assert shown.views == [1, 0, None]
    assert shown.thumbnails == [True, True, False]


def test_the_first_scans_keep_theirs_if_not_even_the_smallest_fit():
    shown = fitting([FULL] * 4, 339)
    assert shown.size == SIZES[-1]
    assert shown.views == [3, 3, None, None]  # 40 of 339 are taken by thumbnails
    assert shown.thumbnails == [True] * 4
    shown = fitting([FULL] * 4, 25)
    assert shown.views == [None] * 4
    assert shown.thumbnails == [True, True, False, False]


def test_no_scans():
    assert fitting([]).views == []
