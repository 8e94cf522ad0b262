"""Blurs a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import span
from lungseg.augment.transform import Params, Shape

if TYPE_CHECKING:
    from torch import Tensor

TRUNCATE = 3
"""Standard deviations at which the kernel ends."""


class Blur(ImageTransform):
    """Convolve HU in the plane with a Gaussian, as a smoother reconstruction kernel would.

    Beyond the border, the values of the border continue.

    Args:
        p: Probability that a sample is changed.
        sigma: Range of the Gaussian's standard deviation in pixels.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> hu = torch.tensor([0.0, 0.0, 0.0, 100.0, 0.0, 0.0, 0.0]).reshape(1, 1, 1, 7)
        >>> Blur().apply(hu, hu, [{"sigma": 0.5}])[0].flatten().round().tolist()
        [0.0, 0.0, 11.0, 79.0, 11.0, 0.0, 0.0]
    """

    space = "hu"

    def __init__(self, p: float = 0.2, sigma: Sequence[float] = (0.3, 1.0)) -> None:
        super().__init__(p)
        self.sigma = span("Blur.sigma", sigma, 0.1, 20)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"sigma": rng.uniform(*self.sigma)}

    def _change(self, sample: Tensor, params: Params) -> None:
        from torch.nn import functional

        sigma = params["sigma"]
        radius = int(TRUNCATE * sigma + 0.5)
        weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
        weights /= weights.sum()
        for dim, border in ((1, (0, 0, radius, radius)), (2, (radius, radius, 0, 0))):
            padded = functional.pad(sample[None], border, mode="replicate")[0]
            n = sample.shape[dim]
            # Sums of shifted slices: on a CPU ten times as fast as a convolution.
            sample.zero_()
            for shift, weight in enumerate(weights.tolist()):
                sample.add_(padded.narrow(dim, shift, n), alpha=weight)
