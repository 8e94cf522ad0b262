"""Batch norm over the batches of all processes, on GPUs and on CPUs."""

from __future__ import annotations

from collections.abc import Iterator
from types import MethodType
from typing import Any

import torch
from pytorch_lightning.plugins import TorchSyncBatchNorm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lungseg.processes import sum_over_processes


class SyncBatchNorm(TorchSyncBatchNorm):
    """Lightning's plugin, which puts torch's layers in; they refuse a CPU, so there ours are used.

    Lightning applies it where several processes train, and reverts it at the end. Keys and
    weights of checkpoints are those of the plain layers.
    """

    def apply(self, model: Any) -> nn.Module:
        """Let the batch norm layers of a LightningModule see the batches of all processes."""
        if model.trainer.strategy.root_device.type != "cpu":
            return super().apply(model)
        for layer in _plain_layers(model):
            vars(layer)["forward"] = MethodType(shared_batch_norm, layer)
        return model  # type: ignore[no-any-return]

    def revert(self, model: nn.Module) -> nn.Module:
        """Undo it."""
        for layer in _plain_layers(model):
            vars(layer).pop("forward", None)
        return super().revert(model)


def shared_batch_norm(layer: _BatchNorm, x: Tensor) -> Tensor:
    r"""What a batch norm layer makes of a batch that several processes share.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    with mean and (biased) variance over the pixels of all processes; the running variance is the
    unbiased one (Ioffe and Szegedy, arXiv:1502.03167).

    Args:
        layer: In training mode its running statistics move on; else they are used.
        x: This process's part of the batch, ``[B, C, ...]``; it may be empty.
    """
    if not layer.training:
        return type(layer).forward(layer, x)
    values = x.to(torch.promote_types(x.dtype, torch.float32))  # as the losses do
    others = [axis for axis in range(x.ndim) if axis != 1]
    by_channel = [1, -1, *[1] * (x.ndim - 2)]
    n = sum_over_processes(values.new_tensor(x.numel() // x.shape[1]))
    mean = sum_over_processes(values.sum(others)) / n
    centred = values - mean.view(by_channel)
    variance = sum_over_processes(centred.square().sum(others)) / n
    _track(layer, mean.detach(), variance.detach() * n / (n - 1))
    scale = (variance + layer.eps).rsqrt()
    if not layer.affine:
        return (centred * scale.view(by_channel)).to(x.dtype)
    y = centred * (scale * layer.weight).view(by_channel) + layer.bias.view(by_channel)
    return y.to(x.dtype)


def _track(layer: _BatchNorm, mean: Tensor, variance: Tensor) -> None:
    if layer.running_mean is None or layer.running_var is None:
        return
    assert layer.num_batches_tracked is not None
    layer.num_batches_tracked.add_(1)
    share = layer.momentum
    if share is None:  # the mean over all batches
        share = 1 / int(layer.num_batches_tracked)
    layer.running_mean.lerp_(mean, share)
    layer.running_var.lerp_(variance, share)


def _plain_layers(model: nn.Module) -> Iterator[_BatchNorm]:
    for layer in model.modules():
        if isinstance(layer, _BatchNorm) and not isinstance(layer, nn.SyncBatchNorm):
            yield layer
