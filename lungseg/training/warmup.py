"""A schedule of the learning rate that begins small."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from lungseg.arguments.training import check_warmup


def warmup_cosine(optimizer: Optimizer, *, total_steps: int, warmup: float = 0.05) -> SequentialLR:
    """From a small learning rate linearly up to the optimizer's own, then to 0 along a cosine.

    With n steps of warm-up, step k (from 0) has (k + 1) / (n + 1) of the full rate, so that no step
    has none, and step n is the first with all of it.

    Args:
        optimizer: Whose rates it sets; each group of parameters keeps its proportion.
        total_steps: Of the whole training.
        warmup: The share of them that warms up; at least one step does unless it is 0.

    Raises:
        ValueError: If the share is not a number from 0 up to, but not including, 1.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> schedule = warmup_cosine(optimizer, total_steps=6, warmup=0.4)
        >>> rates = []
        >>> for _ in range(6):
        ...     rates.append(round(schedule.get_last_lr()[0], 3))
        ...     optimizer.step()
        ...     schedule.step()
        >>> rates
        [0.333, 0.667, 1.0, 0.854, 0.5, 0.146]
    """
    check_warmup(warmup=warmup)
    steps = min(max(round(warmup * total_steps), int(warmup > 0)), total_steps - 1)
    up = LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=max(steps, 1))
    down = CosineAnnealingLR(optimizer, T_max=total_steps - steps)
    return SequentialLR(optimizer, [up, down], milestones=[steps])
