"""Makes a slice look as if it were thicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lungseg.arguments.numbers import check_at_least
from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.transform import Params, Shape
from lungseg.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor


class ThickSlices(ImageTransform):
    """Average each slice with its neighbours, which are the channels of a sample.

    At the first and the last channel, those that are there are averaged.

    Args:
        p: Probability that a sample is changed.
        reach: Largest number of neighbours on each side; 1 makes slices three times as thick.

    Raises:
        ValueError: If an argument is out of range.
        ConfigError: By :meth:`check`, if samples have one channel, and so no neighbours.

    Example:
        >>> import torch
        >>> hu = torch.tensor([0.0, 30.0, 90.0]).reshape(1, 3, 1, 1)
        >>> ThickSlices().apply(hu, hu, [{"reach": 1}])[0].flatten().tolist()
        [15.0, 40.0, 60.0]
    """

    space = "hu"

    def __init__(self, p: float = 0.2, reach: int = 1) -> None:
        super().__init__(p)
        check_at_least(**{"ThickSlices.reach": (reach, 1)})
        self.reach = reach

    def check(self, n_channels: int) -> None:
        """Refuse samples without neighbours, where they would be changed."""
        if self.p and n_channels == 1:
            raise ConfigError(
                "augment: ThickSlices averages neighbouring slices, and samples have none: set"
                " data.context to at least 1, or its p to 0"
            )

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"reach": int(rng.integers(1, self.reach + 1))}

    def _change(self, sample: Tensor, params: Params) -> None:
        reach = params["reach"]
        thin = sample.clone()
        for k in range(len(sample)):
            sample[k] = thin[max(k - reach, 0) : k + reach + 1].mean(dim=0)
