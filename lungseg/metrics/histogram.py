"""ScoreHistogram: how often each score occurs, among lung pixels and among the others."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

MANTISSA_BITS = 11
"""Bits of a float's mantissa that define a bin: bins are at most 0.05 % of the score wide."""
SMALLEST, LARGEST = -16, 16
"""Exponents of 2 between which scores are distinguished: probabilities of 0.5 ± 4e-6 and beyond."""

_SHIFT = 23 - MANTISSA_BITS  # float32 has 23
_FIRST = (127 + SMALLEST) << MANTISSA_BITS
_HALF = (LARGEST - SMALLEST) << MANTISSA_BITS
BINS = 2 * _HALF


def score_bins(scores: Tensor) -> Tensor:
    """Bin of each score: int32 from 0 to `BINS` - 1, in the order of the scores.

    The bits of a float, read as an integer, have the same order as its size; truncated, they give
    bins of the same relative width at every scale. Each value of bfloat16 within the range has its
    own bin, and 0 is the lower edge of a bin.

    Args:
        scores: Any shape, any float dtype.
    """
    bits = (scores.float() + 0.0).view(torch.int32)  # + 0.0 makes the negative zero positive
    sign = bits >> 31  # 0 or -1; x ^ -1 is -1 - x
    # In place: copying a batch would take longer than the arithmetic.
    size = (bits & 0x7FFFFFFF).sub_(sign & 1)
    size.bitwise_right_shift_(_SHIFT).sub_(_FIRST).clamp_(0, _HALF - 1)
    return size.bitwise_xor_(sign).add_(_HALF)


def bin_edges() -> Tensor:
    """Edges of all bins, rising, float32 ``[BINS + 1]``; the outermost are infinite."""
    bits = ((torch.arange(_HALF + 1) + _FIRST) << _SHIFT).to(torch.int32)
    sizes = bits.view(torch.float32)
    sizes[0], sizes[-1] = 0.0, torch.inf
    return torch.cat([-sizes.flip(0)[:-1], sizes])


class ScoreHistogram(Metric):
    """Counts of scores by bin, int64 ``[2, BINS]``: other pixels first, lung pixels second.

    It takes 2 MiB for any number of pixels, and adds up exactly over batches and processes. Curves
    and areas are derived from it (`lungseg.metrics.curves`).

    Example:
        >>> histogram = ScoreHistogram()
        >>> histogram.update(torch.tensor([-1.5, 0.0, 2.0, 2.0]), torch.tensor([0, 0, 0, 1]))
        >>> histogram.compute().sum(dim=1)
        tensor([3, 1])
    """

    full_state_update = False
    counts: Tensor
    not_numbers: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        zeros = torch.zeros(2 * BINS, dtype=torch.int64)
        self.add_state("counts", default=zeros, dist_reduce_fx="sum")
        self.add_state("not_numbers", default=torch.tensor(0), dist_reduce_fx="sum")

    def update(self, scores: Tensor, target: Tensor) -> None:
        """Add pixels.

        Args:
            scores: Higher means more likely lung, such as logits; any shape, float.
            target: 1 for lung pixels, 0 for others; same shape, bool or integers.

        Raises:
            ValueError: If the shapes differ, or `scores` are not floats.
        """
        if not scores.is_floating_point():
            raise ValueError(f"scores must be floats, got {scores.dtype}")
        if scores.shape != target.shape:
            raise ValueError(
                "scores and target must have the same shape, "
                f"got {tuple(scores.shape)} and {tuple(target.shape)}"
            )
        if scores.sum().isnan():  # any NaN makes the sum NaN; checking each takes longer
            self.not_numbers += scores.isnan().sum()
        place = score_bins(scores).add_(target.bool().int(), alpha=BINS)
        self.counts += torch.bincount(place.flatten(), minlength=2 * BINS)

    def compute(self) -> Tensor:
        """Return the counts, int64 ``[2, BINS]``.

        Raises:
            ValueError: If scores were not numbers.
        """
        if wrong := int(self.not_numbers):
            raise ValueError(f"scores must be numbers, got NaN for {wrong} pixels")
        return self.counts.view(2, BINS)
