"""Which pictures of scans find room on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from lungseg.report.scan_picture import SIZES, Lengths, Size

ROOM = 14_000_000
"""Letters of all pictures together; with its text, a page of 200 scans stays below 15 MB."""


@dataclass(frozen=True)
class Shown:
    """What of the scans a page shows.

    Attributes:
        size: Size of the views.
        thumbnails: Whether each scan has a thumbnail.
        views: For the viewer, which of its picture's each scan has; None if it has none.
    """

    size: Size
    thumbnails: list[bool]
    views: list[int | None]


def fitting(pictures: Sequence[Lengths | None], room: int = ROOM) -> Shown:
    """The largest size of views at which all scans fit.

    If not even the smallest fits, thumbnails come first, then views, for as many scans as fit.

    Args:
        pictures: Letters of each, the most important first; None without a picture.
        room: Letters of all together, at most.
    """
    small = [0 if one is None else one.thumbnail for one in pictures]
    left = room - sum(small)
    last = len(SIZES) - 1
    size = next((k for k in range(last) if sum(_taken(pictures, k)) <= left), last)
    return Shown(
        SIZES[size],
        [
            one is not None and fits
            for one, fits in zip(pictures, _within(small, room), strict=True)
        ],
        [
            _view(one, size) if one is not None and fits else None
            for one, fits in zip(pictures, _within(_taken(pictures, size), left), strict=True)
        ],
    )


def _view(picture: Lengths, size: int) -> int:
    """A small scan has fewer sizes: the last fits in all that follow."""
    return min(size, len(picture.views) - 1)


def _taken(pictures: Sequence[Lengths | None], size: int) -> list[int]:
    return [one.views[_view(one, size)] if one is not None else 0 for one in pictures]


def _within(sizes: Sequence[int], room: int) -> list[bool]:
    """Whether each fits after all before it."""
    return [total <= room for total in accumulate(sizes)]
