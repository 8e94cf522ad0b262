"""Small pictures of test slices, made during the pass, shown by the page under the pointer."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

MOST = 600
"""Slices with a picture at most: the page stays below 8 MB, however large the test set."""
SIDE = 160
"""Pixels along the longer side, at most."""

REFERENCE, PREDICTION = (86, 180, 233), (213, 94, 0)


def pictured(slices: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Slices that get a picture: all, or `MOST` spread evenly over cases and along the body.

    Args:
        slices: Case and z of all of them, in order.
    """
    if len(slices) <= MOST:
        return set(slices)
    return {slices[k * len(slices) // MOST] for k in range(MOST)}


def thumbnail(
    image: NDArray[np.float32], reference: NDArray[np.bool_], prediction: NDArray[np.bool_]
) -> str:
    """A slice in grey with the outlines of both masks, as the ``data:`` URL of a JPEG.

    Args:
        image: ``[y, x]``, 0 to 1.
        reference: ``[y, x]``, outlined in blue.
        prediction: ``[y, x]``, outlined in orange, on top.
    """
    step = max(1, -(-max(image.shape) // SIDE))
    # Small slices are enlarged, or the outlines, a pixel wide, would hide what they surround.
    times = max(1, SIDE // max(image.shape))

    def scaled(pixels: NDArray[Any]) -> NDArray[Any]:
        return pixels[::step, ::step].repeat(times, axis=0).repeat(times, axis=1)

    grey = (np.clip(scaled(image), 0, 1) * 255).astype(np.uint8)
    rgb = np.repeat(grey[..., None], 3, axis=-1)
    for full, colour in ((reference, REFERENCE), (prediction, PREDICTION)):
        mask = scaled(full)
        rgb[mask & ~ndimage.binary_erosion(mask)] = colour
    content = io.BytesIO()
    Image.fromarray(rgb).save(content, "JPEG", quality=70, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()
