"""Makes a slice brighter or darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lungseg.augment.image_transform import ImageTransform
from lungseg.augment.ranges import number
from lungseg.augment.transform import Params, Shape

if TYPE_CHECKING:
    from torch import Tensor


class Brightness(ImageTransform):
    """Add a constant to the network's input: ``clip(x + shift, 0, 1)``.

    Args:
        p: Probability that a sample is changed.
        shift: Largest constant, in either direction, as a share of the window.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> x = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 1, 1, 3)
        >>> Brightness().apply(x, x, [{"shift": 0.25}])[0].flatten().tolist()
        [0.25, 0.75, 1.0]
    """

    space = "intensity"

    def __init__(self, p: float = 0.5, shift: float = 0.05) -> None:
        super().__init__(p)
        self.shift = number("Brightness.shift", shift, 0, 1)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return {"shift": rng.uniform(-self.shift, self.shift)}

    def _change(self, sample: Tensor, params: Params) -> None:
        sample.add_(params["shift"]).clamp_(0.0, 1.0)
