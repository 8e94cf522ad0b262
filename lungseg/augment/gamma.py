"""Lightens or darkens the middle of the range of a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import log_uniform, span
from lungseg.augment.transform import Params, Shape

if TYPE_CHECKING:
    from torch import Tensor


class Gamma(ImageTransform):
    """Raise the network's input, from 0 to 1, to a power: ``x ** gamma``.

    Args:
        p: Probability that a sample is changed.
        gamma: Range of the exponent; its logarithm is uniform.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> x = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 1, 1, 3)
        >>> Gamma().apply(x, x, [{"gamma": 2.0}])[0].flatten().tolist()
        [0.0, 0.25, 1.0]
    """

    space = "intensity"

    def __init__(self, p: float = 0.3, gamma: Sequence[float] = (0.8, 1.25)) -> None:
        super().__init__(p)
        self.gamma = span("Gamma.gamma", gamma, 0.1, 10)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"gamma": log_uniform(rng, self.gamma)}

    def _change(self, sample: Tensor, params: Params) -> None:
        sample.pow_(params["gamma"])
