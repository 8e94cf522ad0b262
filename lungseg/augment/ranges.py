"""What transforms accept: probabilities, numbers and ranges of numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lungseg.arguments.numbers import is_number


def probability(name: str, value: object) -> float:
    """A probability as a float.

    Raises:
        ValueError: If it is not a number from 0 to 1.

    >>> probability("Flip.p", 1.5)
    Traceback (most recent call last):
    ...
    ValueError: Flip.p must be a number from 0 to 1, got 1.5
    """
    return number(name, value, 0, 1)


def number(name: str, value: object, least: float, most: float) -> float:
    """A number within bounds, both included, as a float.

    Raises:
        ValueError: If it is something else.
    """
    if not is_number(value) or not least <= value <= most:
        bounds = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of at least {least:g}"
        raise ValueError(f"{name} must be a number {bounds}, got {value!r}")
    return float(value)


def span(name: str, value: object, least: float, most: float) -> tuple[float, float]:
    """A range ``[low, high]`` within bounds, both included, as two floats.

    Raises:
        ValueError: If it is something else.

    >>> span("Affine.scale", [1.1, 0.9], 0.1, 10)
    Traceback (most recent call last):
    ...
    ValueError: Affine.scale must be [low, high] with 0.1 <= low <= high <= 10, got [1.1, 0.9]
    """
    # OmegaConf's lists are sequences too.
    given = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    numbers = [float(one) for one in given if is_number(one)]
    if len(given) != 2 or numbers != given or not least <= numbers[0] <= numbers[1] <= most:
        raise ValueError(
            f"{name} must be [low, high] with {least:g} <= low <= high <= {most:g}, got {value!r}"
        )
    return numbers[0], numbers[1]


def log_uniform(rng: np.random.Generator, span: tuple[float, float]) -> float:
    """A number within a range above 0 whose logarithm is uniform, so that ½ is as likely as 2."""
    low, high = span
    return math.exp(rng.uniform(math.log(low), math.log(high)))
