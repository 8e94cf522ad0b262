"""Mirrors a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lungseg.augment.spatial_transform import SpatialTransform
from lungseg.augment.transform import Params, Shape

SIGNS = {"left_right": (1.0, -1.0), "front_back": (-1.0, 1.0)}
"""What a flip makes of y and of x."""


class Flip(SpatialTransform):
    """Mirror image and mask at the middle of the slice.

    Args:
        p: Probability that a sample is mirrored.
        direction: ``"left_right"`` (along x) or ``"front_back"`` (along y).

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> Flip().matrix({}, (512, 512)).tolist()
        [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    def __init__(self, p: float = 0.5, direction: str = "left_right") -> None:
        super().__init__(p)
        if direction not in SIGNS:
            raise ValueError(f"Flip.direction must be {' or '.join(SIGNS)}, got {direction!r}")
        self.direction = direction

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {}

    def matrix(self, params: Params, size: tuple[int, int]) -> NDArray[np.float64]:
        """One axis reversed."""
        return np.diag([*SIGNS[self.direction], 1.0])
