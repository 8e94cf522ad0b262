"""Which pictures of scans find room on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from lungseg.report.scan_picture import SIZES, Picture, Size, letters

ROOM = 14_000_000
"""Letters of all pictures together; with its text, a page of 200 scans stays below 15 MB."""


@dataclass(frozen=True)
class Shown:
    """What of the scans a page shows.

    Attributes:
        size: Size of the views.
        thumbnails: Whether each scan has a thumbnail.
        views: For the viewer, one per scan; None if it has none.
    """

    size: Size
    thumbnails: list[bool]
    views: list[Mapping[str, Any] | None]


def fitting(pictures: Sequence[Picture | None], room: int = ROOM) -> Shown:
    """The largest size of views at which all scans fit.

    If not even the smallest fits, thumbnails come first, then views, for as many scans as fit.

    Args:
        pictures: One per scan, the most important first; None without a picture.
        room: Letters of all together, at most.
    """
    small = [0 if one is None else len(one.thumbnail) for one in pictures]
    left = room - sum(small)
    last = len(SIZES) - 1
    size = next((k for k in range(last) if sum(_taken(_views(pictures, k))) <= left), last)
    views = _views(pictures, size)
    return Shown(
        SIZES[size],
        [
            one is not None and fits
            for one, fits in zip(pictures, _within(small, room), strict=True)
        ],
        [
            view if fits else None
            for view, fits in zip(views, _within(_taken(views), left), strict=True)
        ],
    )


def _views(pictures: Sequence[Picture | None], size: int) -> list[Mapping[str, Any] | None]:
    """A small scan has fewer sizes: the last fits in all that follow."""
    return [one.views[min(size, len(one.views) - 1)] if one else None for one in pictures]


def _taken(views: Sequence[Mapping[str, Any] | None]) -> list[int]:
    return [letters(view) if view else 0 for view in views]


def _within(sizes: Sequence[int], room: int) -> list[bool]:
    """Whether each fits after all before it."""
    return [total <= room for total in accumulate(sizes)]
