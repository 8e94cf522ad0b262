"""A random rectangle in a slice."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

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
    ratio = exp(rng.uniform(log(aspect[0]), log(aspect[1])))
    height = min(round(sqrt(pixels * ratio)), high)
    width = min(round(sqrt(pixels / ratio)), wide)
    return {
        "top": int(rng.integers(high - height + 1)),
        "left": int(rng.integers(wide - width + 1)),
        "height": height,
        "width": width,
    }
