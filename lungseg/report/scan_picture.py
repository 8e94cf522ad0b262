"""What ``predictions.html`` shows of a scan, kept in the scan's folder until the page is made."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lungseg.data.preview import preview
from lungseg.report.tiles import Tiles, cut
from lungseg.volume import Volume

FORMAT = 1


@dataclass(frozen=True)
class Size:
    """How much of a scan the viewer shows.

    Attributes:
        side: Pixels along the longer side of a slice, at most.
        slices: Number of slices, at most.
        letters: Length as base64, at most; noisy scans have fewer slices for it.
    """

    side: int
    slices: int
    letters: int


SIZES = (
    Size(256, 160, 1_400_000),
    Size(192, 80, 330_000),
    Size(160, 48, 140_000),
    Size(144, 36, 60_000),
)
"""How many scans a page will have is not known when a scan is predicted, so all sizes are kept. Two
hundred of the last, with their thumbnails, take less than 15 MB."""


@dataclass(frozen=True)
class Lengths:
    """Letters that a picture takes on the page.

    Attributes:
        thumbnail: Of the planes.
        views: Of each view, the best first.
    """

    thumbnail: int
    views: tuple[int, ...]


@dataclass(frozen=True)
class Picture:
    """A scan as the page shows it.

    Attributes:
        shape: Of the scan, ``[z, y, x]``.
        thumbnail: Three planes, as the base64 of a WebP.
        width: Of the thumbnail, in pixels.
        height: Of the thumbnail.
        views: What the viewer shows (`Tiles.encoded`), the best first.
    """

    shape: list[int]
    thumbnail: str
    width: int
    height: int
    views: list[Mapping[str, Any]]

    @property
    def lengths(self) -> Lengths:
        """What it takes on the page."""
        return Lengths(len(self.thumbnail), tuple(map(letters, self.views)))


def picture(
    volume: Volume, labels: NDArray[np.uint8], *, disagreement: NDArray[np.uint8] | None
) -> bytes:
    """Content of the file that keeps a scan's picture.

    Args:
        volume: The scan.
        labels: ``[z, y, x]``, on its grid: 1 the patient's right lung, 2 the left.
        disagreement: ``[z, y, x]``, on its grid: 0 where all models or flips agree, 255 where they
            disagree most; or None.

    Returns:
        JSON, at most 2 MB.
    """
    planes = preview(volume, None, labels)
    high, wide, _ = planes.shape
    content = io.BytesIO()
    Image.fromarray(planes).save(content, "WEBP", quality=75, use_sharp_yuv=True)
    kept = {
        "format": FORMAT,
        "shape": list(volume.voxels.shape),
        "thumbnail": base64.b64encode(content.getvalue()).decode(),
        "width": wide,
        "height": high,
        "views": _views(volume, labels, disagreement),
    }
    return json.dumps(kept).encode()


def opened(content: bytes) -> Picture | None:
    """The picture in a file, or None if the file is damaged or of another version."""
    try:
        kept = json.loads(content)
        return Picture(**kept) if kept.pop("format") == FORMAT else None
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def letters(view: Mapping[str, Any]) -> int:
    """Length of a view's pictures as base64."""
    return sum(len(one) for key in ("grey", "labels", "disagreement") for one in view[key])


def _views(
    volume: Volume, labels: NDArray[np.uint8], disagreement: NDArray[np.uint8] | None
) -> list[dict[str, Any]]:
    whole = cut(volume, labels, disagreement, side=SIZES[0].side, most=SIZES[0].slices)
    views: list[dict[str, Any]] = []
    shown = None
    for size in SIZES:
        tiles = whole.some(size.slices).reduced(size.side)
        if tiles.grey.shape != shown:  # a small scan fits in all sizes
            views.append(_fitted(whole, tiles, size))
            shown = tiles.grey.shape
    return views


def _fitted(whole: Tiles, tiles: Tiles, size: Size) -> dict[str, Any]:
    """Encoded, with as many slices as fit."""
    view = tiles.encoded()
    while (taken := letters(view)) > size.letters and len(tiles.z) > 1:
        slices = max(1, int(0.9 * len(tiles.z) * size.letters / taken))
        tiles = whole.some(slices).reduced(size.side)
        view = tiles.encoded()
    return view
