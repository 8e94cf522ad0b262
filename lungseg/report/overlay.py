"""``overlay.png``: a predicted scan in three planes, to be read without any other file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lungseg.data.preview import GAP, LEFT, RIGHT, WINDOW, preview
from lungseg.metrics.sides import LEFT as LEFT_LUNG
from lungseg.metrics.sides import RIGHT as RIGHT_LUNG
from lungseg.volume import Volume

SIDE = 400
"""Width of a plane in pixels."""
LINE = 30
"""Height of the line below the planes."""
WHITE = (255, 255, 255)
# What is left, right, top and bottom of the axial, coronal and sagittal plane.
DIRECTIONS = (("R", "L", "A", "P"), ("R", "L", "H", "F"), ("A", "P", "H", "F"))


def overlay(volume: Volume, labels: NDArray[np.uint8]) -> bytes:
    """Axial, coronal and sagittal plane with the outlines of both lungs and their volumes, as PNG.

    Args:
        volume: The scan.
        labels: ``[z, y, x]``, on its grid: 1 the patient's right lung, 2 the left.
    """
    planes = preview(volume, None, labels, side=SIDE)
    high, wide, _ = planes.shape
    picture = Image.new("RGB", (wide, high + LINE))
    picture.paste(Image.fromarray(planes), (0, 0))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), 15)
    for k, (left, right, top, bottom) in enumerate(DIRECTIONS):
        start = k * (SIDE + GAP)
        centre, middle = start + SIDE / 2, high / 2
        for letter, x, y, anchor in (
            (left, start + 4, middle, "lm"),
            (right, start + SIDE - 4, middle, "rm"),
            (top, centre, 4, "ma"),
            (bottom, centre, high - 4, "md"),
        ):
            draw.text((x, y), letter, WHITE, font, anchor, stroke_width=2, stroke_fill=0)
    words = (
        (f"patient's right lung {_ml(volume, labels, RIGHT_LUNG)}", RIGHT),
        (f"left lung {_ml(volume, labels, LEFT_LUNG)}", LEFT),
        (f"window {WINDOW[0]} to {WINDOW[1]} HU", WHITE),
    )
    for k, (text, colour) in enumerate(words):
        draw.text((k * (SIDE + GAP) + 4, high + LINE / 2), text, colour, font, "lm")
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _ml(volume: Volume, labels: NDArray[np.uint8], side: int) -> str:
    millilitres = np.count_nonzero(labels == side) * np.prod(volume.spacing) / 1000
    return f"{millilitres:,.0f} ml" if millilitres else "not found"
