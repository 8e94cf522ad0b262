"""The soft Dice coefficient."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from lungseg.losses.prepared import prepared
from lungseg.processes import sum_over_processes

Reduction = Literal["batch", "sample"]
Empty = Literal["count", "one", "skip"]


def soft_dsc(
    logits: Tensor,
    target: Tensor,
    smooth: float = 1.0,
    reduction: Reduction = "batch",
    empty: Empty = "count",
) -> Tensor:
    r"""Soft Dice coefficient (DSC) of probabilities :math:`p = \sigma(x)` and a 0/1 target `t`.

    .. math:: \frac{2 \sum t p + s}{\sum t + \sum p + s}

    Args:
        logits: Scores `x` before the sigmoid, ``[B, ...]``.
        target: Reference mask, 0 or 1, any dtype, same shape as `logits`.
        smooth: The term `s`, above 0, in pixels, which keeps empty masks defined.
        reduction: ``"batch"`` sums over the whole batch, even if several processes share it;
            ``"sample"`` over each sample, followed by the mean over samples.
        empty: With ``"sample"``, whether samples without foreground ``"count"`` in the mean, with
            :math:`s / (\sum p + s)`, have ``"one"`` whatever is predicted there, or do not count
            (``"skip"``); then a batch without any other has 1.

    Returns:
        Scalar from 0 to 1 (1 is full agreement), float32 or, for float64 logits, float64.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> soft_dsc(torch.tensor([[100.0, -100.0]]), torch.tensor([[1, 0]]))
        tensor(1.)
    """
    logits, target = prepared(logits, target)
    # If several processes share a batch, one may have no sample.
    p, t = (
        tensor.reshape(1, tensor.numel()) if reduction == "batch" else tensor.flatten(1)
        for tensor in (logits.sigmoid(), target)
    )
    sums = torch.stack([(t * p).sum(1), t.sum(1), p.sum(1)])
    if reduction == "batch":
        sums = sum_over_processes(sums)
    both, reference, prediction = sums
    dsc: Tensor = (2 * both + smooth) / (reference + prediction + smooth)
    if empty == "skip":
        return _mean_with_foreground(dsc, reference)
    return dsc.masked_fill(reference == 0, 1).mean() if empty == "one" else dsc.mean()


def _mean_with_foreground(dsc: Tensor, reference: Tensor) -> Tensor:
    """The mean over samples of all processes whose reference is not empty; without any, 1."""
    counts = reference > 0
    total, n = sum_over_processes(torch.stack([(dsc * counts).sum(), counts.sum().to(dsc.dtype)]))
    mean: Tensor = (total + (n == 0)) / n.clamp(min=1)
    return mean
