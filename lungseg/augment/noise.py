"""Adds noise to a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import span
from lungseg.augment.transform import Params, Shape
from lungseg.augment.white_noise import SEEDS, white_noise

if TYPE_CHECKING:
    from torch import Tensor


class Noise(ImageTransform):
    """Add Gaussian noise to HU, independent in each pixel and channel.

    Args:
        p: Probability that a sample is changed.
        sigma: Range of the standard deviation in HU.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> hu = torch.full((1, 1, 200, 200), -700.0)
        >>> noisy, _ = Noise().apply(hu, hu, [{"sigma": 10.0, "seed": 3}])
        >>> round(noisy.std().item()), round(noisy.mean().item())
        (10, -700)
    """

    space = "hu"

    def __init__(self, p: float = 0.2, sigma: Sequence[float] = (0.0, 15.0)) -> None:
        super().__init__(p)
        self.sigma = span("Noise.sigma", sigma, 0, 1000)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"sigma": rng.uniform(*self.sigma), "seed": int(rng.integers(SEEDS))}

    def _change(self, sample: Tensor, params: Params) -> None:
        sample.add_(white_noise(params["seed"], sample), alpha=params["sigma"])
