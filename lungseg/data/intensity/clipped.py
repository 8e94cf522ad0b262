"""Histograms of which no bin exceeds a limit."""

from __future__ import annotations

import torch
from torch import Tensor


def clipped(counts: Tensor, limit: int) -> Tensor:
    """Clip histograms and give what was above the limit to their other bins, as scikit-image does.

    First all bins get the same number; those that come as near to the limit as that are filled up.
    What is left, if anything, goes to bins below the limit at equal distances, from the first on.

    Args:
        counts: Of each bin of each histogram, whole numbers ``[n, bin]``.
        limit: Largest count of a bin.

    Returns:
        ``[n, bin]``; their sums are about those of the counts, unless all bins reach the limit.

    Example:
        >>> clipped(torch.tensor([[9, 0, 1, 2]]), 4)
        tensor([[4, 1, 3, 4]])
    """
    n_bins = counts.shape[1]
    kept = counts.clamp(max=limit)
    excess = (counts - kept).sum(1, keepdim=True)
    each = excess.div(n_bins, rounding_mode="floor")
    raised = kept + torch.where(kept < limit - each, each, 0)
    raised = torch.where(raised < limit - each, raised, limit)
    excess -= (raised - kept).sum(1, keepdim=True)
    index = torch.arange(n_bins, device=counts.device)
    while bool((waiting := (excess > 0) & (raised < limit).any(1, keepdim=True)).any()):
        for start in range(n_bins):
            below = raised < limit
            step = (
                below.sum(1, keepdim=True).div(excess.clamp(min=1), rounding_mode="floor")
            ).clamp(min=1)
            chosen = below & waiting & (index >= start) & ((index - start) % step == 0)
            raised += chosen
            excess -= chosen.sum(1, keepdim=True)
            waiting = excess > 0
            if not bool(waiting.any()):
                break
    return raised
