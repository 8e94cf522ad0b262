"""Raises or lowers the contrast of a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import log_uniform, span
from lungseg.augment.transform import Params, Shape

if TYPE_CHECKING:
    from torch import Tensor


class Contrast(ImageTransform):
    """Stretch the network's input about its mean: ``clip((x - m) factor + m, 0, 1)``.

    The mean `m` is that of each channel of each sample.

    Args:
        p: Probability that a sample is changed.
        factor: Range of the factor; its logarithm is uniform.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> x = torch.tensor([0.25, 0.75]).reshape(1, 1, 1, 2)
        >>> Contrast().apply(x, x, [{"factor": 1.5}])[0].flatten().tolist()
        [0.125, 0.875]
    """

    space = "intensity"

    def __init__(self, p: float = 0.5, factor: Sequence[float] = (0.9, 1.1)) -> None:
        super().__init__(p)
        self.factor = span("Contrast.factor", factor, 0.1, 10)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"factor": log_uniform(rng, self.factor)}

    def _change(self, sample: Tensor, params: Params) -> None:
        factor = params["factor"]
        rest = sample.mean(dim=(1, 2), keepdim=True) * (1 - factor)
        sample.mul_(factor).add_(rest).clamp_(0.0, 1.0)
