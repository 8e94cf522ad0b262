"""Puts a part of another picture into a slice."""

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


class CutMix(ImageTransform):
    """Replace a rectangle of image and mask by that of the mirrored slice.

    CutMix (Yun et al. 2019, ICCV, 6023) takes the rectangle from another sample of the batch. Here
    the other sample is the slice itself, mirrored left to right, so that a sample depends on no
    other: neither on the size of a batch nor on which process has it.

    Args:
        p: Probability that a sample is changed.
        area: Range of the rectangle's area, as a share of the slice.
        aspect: Range of its height over its width; the logarithm is uniform.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import torch
        >>> hu = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 1, 5)
        >>> drawn = {"top": 0, "left": 0, "height": 1, "width": 2}
        >>> CutMix().apply(hu, torch.zeros(1, 1, 1, 5), [drawn])[0].flatten().tolist()
        [4.0, 3.0, 2.0, 3.0, 4.0]
    """

    space = "hu"

    def __init__(
        self,
        p: float = 0.2,
        area: Sequence[float] = (0.05, 0.25),
        aspect: Sequence[float] = (0.5, 2.0),
    ) -> None:
        super().__init__(p)
        self.area = span("CutMix.area", area, 0, 1)
        self.aspect = span("CutMix.aspect", aspect, 0.01, 100)

    def _draw(self, rng: np.random.Generator, shape: Shape) -> Params:
        return draw_rectangle(rng, shape, self.area, self.aspect)

    def apply(
        self, image: Tensor, mask: Tensor, params: Sequence[Params | None]
    ) -> tuple[Tensor, Tensor]:
        """As other transforms, and the mask changes likewise, in a copy."""
        image, _ = super().apply(image, mask, params)
        mixed, _ = super().apply(mask.clone(), mask, params)
        return image, mixed

    def _change(self, sample: Tensor, params: Params) -> None:
        there = region(params)
        sample[there] = sample.flip(-1)[there]
