"""What every loss does to its arguments first."""

from __future__ import annotations

import torch
from torch import Tensor


def prepared(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and target in the dtype of the computation: float32 at least.

    Args:
        logits: Scores before the sigmoid, ``[B, ...]``.
        target: Reference mask, 0 or 1, any dtype, same shape as `logits`.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> prepared(torch.zeros(1, 2, dtype=torch.bfloat16), torch.ones(1, 2, dtype=torch.uint8))
        (tensor([[0., 0.]]), tensor([[1., 1.]]))
    """
    if logits.shape != target.shape:
        raise ValueError(
            "logits and target must have the same shape, "
            f"got {tuple(logits.shape)} and {tuple(target.shape)}"
        )
    # Sums over 512 × 512 pixels lose whole pixels in 16 bits.
    dtype = torch.promote_types(logits.dtype, torch.float32)
    return logits.to(dtype), target.to(dtype)
