"""Sums over all processes of a run; with one process, nothing happens."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed


def n_processes() -> int:
    """How many processes train together."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_world_size()
    return 1


def sum_over_processes(tensor: Tensor) -> Tensor:
    r"""Sum a tensor of one shape over all processes; gradients flow through it.

    With losses :math:`L_r` of processes `r`, the gradient that arrives is that of
    :math:`\sum_r L_r`, because each of them may depend on this process's part of the sum. Averaged
    over processes, as DDP does, it is that of the mean of the losses.

    All processes have to come here equally often and in the same order.
    """
    if n_processes() == 1:
        return tensor
    total: Tensor = _Sum.apply(tensor)  # type: ignore[no-untyped-call]
    return total


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return _Sum.forward(ctx, grads[0])
