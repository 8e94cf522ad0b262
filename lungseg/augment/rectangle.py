"""A random rectangle in a slice."""

from __future__ import annotations

from math import sqrt

import numpy as np

from lungseg.augment.ranges import log_uniform
from lungseg.augment.transform import Params, Shape

Span = tuple[float, float]


def draw_rectangle(rng: np.random.Generator, shape: Shape, area: Span, aspect: Span) -> Params:
    """Top, left, height and width in pixels, anywhere inside a slice.

    Args:
        rng: Source of randomness.
        shape: Channels, height and width of the slice.
        area: Range of the area, as a share of the slice.
        aspect: Range of height over width; its logarithm is uniform. What would reach beyond the
            slice is cut off.
    """
    _, high, wide = shape
    pixels = rng.uniform(*area) * high * wide
    ratio = log_uniform(rng, aspect)
    height = min(round(sqrt(pixels * ratio)), high)
    width = min(round(sqrt(pixels / ratio)), wide)
    return {
        "top": int(rng.integers(high - height + 1)),
        "left": int(rng.integers(wide - width + 1)),
        "height": height,
        "width": width,
    }


def region(params: Params) -> tuple[slice, slice, slice]:
    """Where a sample ``[C, y, x]`` has the rectangle that was drawn."""
    top, left = params["top"], params["left"]
    rows, columns = slice(top, top + params["height"]), slice(left, left + params["width"])
    return slice(None), rows, columns
