"""Which pictures find room, with lengths chosen by hand."""

from lungseg.report.room import fitting
from lungseg.report.scan_picture import SIZES, Picture


def scan(thumbnail, *views):
    """A picture whose images have these lengths."""
    kept = [{"grey": ["g" * (n - 3), "g"], "labels": ["l"], "disagreement": ["d"]} for n in views]
    return Picture([1, 1, 1], "t" * thumbnail, 1, 1, kept)


def lengths(shown):
    return [None if view is None else len(view["grey"][0]) + 3 for view in shown.views]


FULL = scan(10, 400, 300, 200, 100)


def test_the_largest_size_at_which_all_fit():
    for room, size in ((1300, 0), (1230, 0), (1229, 1), (930, 1), (929, 2), (330, 3)):
        shown = fitting([FULL] * 3, room)
        assert shown.size == SIZES[size]
        assert lengths(shown) == [400 - 100 * size] * 3
        assert shown.thumbnails == [True] * 3


def test_a_scan_of_fewer_sizes_is_shown_in_its_last():
    shown = fitting([FULL, scan(10, 50), None], 370)
    assert lengths(shown) == [300, 50, None]
    assert shown.thumbnails == [True, True, False]


def test_the_first_scans_keep_theirs_if_not_even_the_smallest_fit():
    shown = fitting([FULL] * 4, 339)
    assert shown.size == SIZES[-1]
    assert lengths(shown) == [100, 100, None, None]  # 40 of 339 are taken by thumbnails
    assert shown.thumbnails == [True] * 4
    shown = fitting([FULL] * 4, 25)
    assert lengths(shown) == [None] * 4
    assert shown.thumbnails == [True, True, False, False]


def test_no_scans():
    assert fitting([]).views == []
