"""A piecewise linear range of HU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from lungseg.arguments.intensities import check_stretch


class Stretch:
    r"""Map HU to [0, 1] by a piecewise linear, strictly increasing function.

    A window gives each HU the same share of the range, and all below it the same value. Here parts
    of the range in which small differences matter can have more of it: between knots :math:`(h_k,
    v_k)`,

    .. math:: v(h) = v_k + (v_{k+1} - v_k) \frac{h - h_k}{h_{k+1} - h_k}

    and values outside the first and last knot are clipped to 0 and 1.

    Args:
        knots: Pairs of HU and value, both increasing; the first value is 0 and the last one 1.

    Raises:
        ValueError: If they are no such pairs.

    Example:
        Half of the range for the 100 HU of air, the other half for all the rest:

        >>> stretch = Stretch([(-1000, 0), (-900, 0.5), (100, 1)])
        >>> stretch(torch.tensor([-1024, -950, -900, -400, 3000])).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """

    def __init__(self, knots: Sequence[tuple[float, float]]) -> None:
        check_stretch(knots)
        self.knots = tuple((float(hu), float(value)) for hu, value in knots)

    def channels_out(self, channels_in: int) -> int:
        """Channels of the result: as many as of the HU."""
        return channels_in

    def __call__(self, hu: Tensor) -> Tensor:
        """HU of any shape and dtype to float32 in [0, 1]."""
        hu = hu.float()
        result = torch.zeros_like(hu)
        # Each piece adds what of it lies below the HU: no comparison with knots, which traces.
        for (low, below), (high, above) in pairwise(self.knots):
            slope = (above - below) / (high - low)
            result += (hu - low).clamp_(0.0, high - low).mul_(slope)
        return result.clamp_(0.0, 1.0)
