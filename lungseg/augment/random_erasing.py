"""Covers a part of a slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import span
from lungseg.augment.rectangle import draw_rectangle, region
from lungseg.augment.transform import Params, Shape

if TYPE_CHECKING:
    from torch import Tensor


class RandomErasing(ImageTransform):
    """Cover a rectangle with one HU value in all channels (Zhong et al. 2020, AAAI 34:13001).

    The mask stays: the network has to infer from its surroundings what is there.

    Args:
        p: Probability that a sample is changed.
        area: Range of the rectangle's area, as a share of the slice.
        aspect: Range of its height over its width; the logarithm is uniform.
        hu: Range of the value.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> drawn = {"top": 0, "left": 1, "height": 1, "width": 2, "hu": -300.0}
        >>> RandomErasing().apply(torch.zeros(1, 1, 2, 4), torch.zeros(1), [drawn])[0].tolist()
        [[[[0.0, -300.0, -300.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]
    """

    space = "hu"

    def __init__(
        self,
        p: float = 0.2,
        area: Sequence[float] = (0.02, 0.1),
        aspect: Sequence[float] = (0.3, 3.3),
        hu: Sequence[float] = (-1000.0, 300.0),
    ) -> None:
        super().__init__(p)
        self.area = span("RandomErasing.area", area, 0, 1)
        self.aspect = span("RandomErasing.aspect", aspect, 0.01, 100)
        self.hu = span("RandomErasing.hu", hu, -1024, 3071)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        rectangle = draw_rectangle(rng, shape, self.area, self.aspect)
        return {**rectangle, "hu": rng.uniform(*self.hu)}

    def _change(self, sample: Tensor, params: Params) -> None:
        sample[region(params)] = params["hu"]
