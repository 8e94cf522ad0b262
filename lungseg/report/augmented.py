"""A picture of slices without and with augmentation, with outlines of masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lungseg.data.preview import BOTH, GAP, outline

SIDE = 256
"""Pixels along the longer side of a slice."""
LINE = 22
"""Height of the line of text above each row."""
WHITE = (255, 255, 255)
Tile = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""Network input, 0 to 1, and mask, both ``[y, x]``."""


@dataclass(frozen=True)
class Row:
    """One slice.

    Attributes:
        name: What is written above it.
        unchanged: Image and mask as evaluation has them.
        draws: As they were changed, each time differently.
    """

    name: str
    unchanged: Tile
    draws: Sequence[Tile]


def picture(rows: Sequence[Row]) -> Image.Image:
    """All rows below each other; the unchanged slices on the left, the draws beside them.

    Args:
        rows: With equally many draws.
    """
    grid = [[_small(*tile) for tile in (row.unchanged, *row.draws)] for row in rows]
    heights = [max(len(small) for small in line) for line in grid]
    step = SIDE + GAP
    size = len(grid[0]) * step - GAP, sum(heights) + len(rows) * (LINE + GAP) - GAP
    canvas = Image.new("RGB", size)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), 14)
    top = 0
    for row, line, height in zip(rows, grid, heights, strict=True):
        for column, small in enumerate(line):
            words = f"draw {column}" if column else row.name
            draw.text((column * step + 4, top + LINE / 2), words, WHITE, font, "lm")
            high, wide, _ = small.shape
            place = column * step + (SIDE - wide) // 2, top + LINE + (height - high) // 2
            canvas.paste(Image.fromarray(small), place)
        top += LINE + height + GAP
    return canvas


def _small(image: NDArray[np.float32], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A slice in grey, ``[h, w, 3]``, its longer side `SIDE` pixels, the mask's outline on it."""
    high, wide = image.shape
    scale = SIDE / max(high, wide)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    grey = Image.fromarray(np.rint(image * 255).astype(np.uint8))
    inside = Image.fromarray(mask * 255).resize(size, Image.Resampling.BILINEAR)
    rgb = np.array(grey.resize(size, Image.Resampling.BILINEAR).convert("RGB"))
    rgb[outline(np.asarray(inside) >= 128)] = BOTH
    return rgb
