"""Axial slices of a scan, reduced in size and number, as tiles of pictures for the browser."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lungseg.volume import Volume

LOW, HIGH = -1100, 400
"""HU of grey 0 and 255. The browser applies the window; a step of grey is 6 HU."""
QUALITY = 60
"""WebP's quality of grey values: errors are smaller than the noise of a CT."""
COLUMNS = 6
"""Tiles along each side of a picture: writing all as one would take as much memory as a scan."""
SPREAD = 85
"""Grey of label 1 in the picture of the labels; label 2 has twice as much."""

Images = NDArray[np.uint8]
Shape = tuple[int, int]


@dataclass(frozen=True)
class Tiles:
    """Some slices of a scan, all of one size, with square pixels.

    Attributes:
        z: Index of each slice in the scan.
        grey: ``[n, h, w]``, from HU `LOW` to `HIGH`.
        labels: ``[n, h, w]``, 1 the patient's right lung, 2 the left.
        disagreement: ``[n, h, w]``, or None.
    """

    z: list[int]
    grey: Images
    labels: Images
    disagreement: Images | None

    def some(self, most: int) -> Tiles:
        """At most so many of the slices, evenly spaced."""
        if most >= len(self.z):
            return self
        kept = evenly(len(self.z), most)
        disagreement = None if self.disagreement is None else self.disagreement[kept]
        return Tiles([self.z[k] for k in kept], self.grey[kept], self.labels[kept], disagreement)

    def reduced(self, side: int) -> Tiles:
        """With at most so many pixels along the longer side."""
        _, high, wide = self.grey.shape
        scale = side / max(high, wide)
        if scale >= 1:
            return self
        shape = max(1, round(high * scale)), max(1, round(wide * scale))
        disagreement = self.disagreement
        if disagreement is not None:
            disagreement = _each(disagreement, _smooth, shape)
        grey = _each(self.grey, _smooth, shape)
        return Tiles(self.z, grey, _each(self.labels, _nearest, shape), disagreement)

    def encoded(self) -> dict[str, Any]:
        """As JSON for the viewer; pictures are base64: WebP, and PNG for the labels."""
        n, high, wide = self.grey.shape
        columns = min(COLUMNS, math.ceil(math.sqrt(n)))
        return {
            "z": self.z,
            "height": high,
            "width": wide,
            "columns": columns,
            "grey": [_webp(sheet) for sheet in sheets(self.grey, columns)],
            "labels": [_png(sheet) for sheet in sheets(self.labels, columns)],
            "disagreement": []
            if self.disagreement is None
            else [_webp(sheet) for sheet in sheets(self.disagreement, columns)],
        }


def cut(
    volume: Volume, labels: Images, disagreement: Images | None, *, side: int, most: int
) -> Tiles:
    """Slices of a scan as tiles, one after another: the whole volume is never copied.

    Args:
        volume: The scan.
        labels: ``[z, y, x]``, on its grid.
        disagreement: ``[z, y, x]``, on its grid, or None.
        side: Pixels along the longer side of a tile, at most. Slices are not enlarged, except
            along the longer side of pixels that are not square.
        most: Number of slices, at most.
    """
    _, *spacing = volume.spacing
    high, wide = np.multiply(volume.voxels.shape[1:], spacing)
    scale = min(side / max(high, wide), 1 / min(spacing))
    shape = max(1, round(high * scale)), max(1, round(wide * scale))
    kept = evenly(len(volume.voxels), most)
    return Tiles(
        kept,
        _each((_grey(volume.voxels[z]) for z in kept), _smooth, shape),
        _each((labels[z] for z in kept), _nearest, shape),
        None if disagreement is None else _each((disagreement[z] for z in kept), _smooth, shape),
    )


def evenly(n: int, most: int) -> list[int]:
    """Indices of at most `most` of n slices, evenly spaced, the first and the last among them.

    Example:
        >>> evenly(9, 3)
        [0, 4, 8]
    """
    return [int(z) for z in np.linspace(0, n - 1, min(n, most)).round()]


def sheets(tiles: Images, columns: int) -> Iterator[Images]:
    """Tiles ``[n, h, w]`` as pictures, row by row, with as many rows as columns, or fewer."""
    _, high, wide = tiles.shape
    for start in range(0, len(tiles), columns**2):
        part = tiles[start : start + columns**2]
        rows = math.ceil(len(part) / columns)
        grid = np.zeros((rows * columns, high, wide), np.uint8)
        grid[: len(part)] = part
        yield grid.reshape(rows, columns, high, wide).swapaxes(1, 2).reshape(rows * high, -1)


def _each(images: Iterable[Images], resize: Callable[[Images, Shape], Images], to: Shape) -> Images:
    return np.stack([resize(image, to) for image in images])


def _grey(hu: NDArray[np.int16]) -> Images:
    above = np.clip(hu, LOW, HIGH).astype(np.int32) - LOW
    return ((above * 255 + (HIGH - LOW) // 2) // (HIGH - LOW)).astype(np.uint8)


def _smooth(image: Images, shape: Shape) -> Images:
    return np.asarray(Image.fromarray(image).resize(shape[::-1], Image.Resampling.BILINEAR))


def _nearest(labels: Images, shape: Shape) -> Images:
    """The label at each new pixel's centre."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for new, old in zip(shape, labels.shape, strict=True)
    )
    reduced: Images = labels[rows[:, None], columns]
    return reduced


def _webp(picture: Images) -> str:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "WEBP", quality=QUALITY, method=2)
    return base64.b64encode(content.getvalue()).decode()


def _png(labels: Images) -> str:
    """Two bits a pixel."""
    content = io.BytesIO()
    indexed = Image.fromarray(labels)
    indexed.putpalette([k * SPREAD for k in range(4) for _ in "rgb"])
    indexed.save(content, "PNG", bits=2)
    return base64.b64encode(content.getvalue()).decode()
