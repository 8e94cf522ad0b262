"""The base of all transforms: whether one is applied to a sample, and with which numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from lungseg.augment.ranges import probability

Params = dict[str, Any]
"""Plain numbers, and lists of them, that a transform was drawn with: JSON can store them."""
Shape = tuple[int, int, int]
"""Channels, height and width of a sample."""


class Transform(ABC):
    """Draws its parameters in one step and is applied in another.

    Whatever was drawn can be applied again: the result depends on nothing else.

    Args:
        p: Probability that a sample is changed.

    Raises:
        ValueError: If it is not a number from 0 to 1.
    """

    def __init__(self, p: float) -> None:
        self.p = probability(f"{type(self).__name__}.p", p)

    def check(self, n_channels: int) -> None:
        """Refuse samples that cannot be changed, before any is drawn.

        Args:
            n_channels: Of a sample.

        Raises:
            ConfigError: If they have too few.
        """
        return

    def draw(self, rng: np.random.Generator, shape: Shape) -> Params | None:
        """Parameters for one sample; None where it stays as it is.

        Args:
            rng: Source of all randomness.
            shape: Channels, height and width.
        """
        return self._draw(rng, shape) if rng.random() < self.p else None

    @abstractmethod
    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        """Parameters of a sample that is changed."""
