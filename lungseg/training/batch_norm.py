"""Statistics of batch norm for weights that were not trained with them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def estimate_statistics(module: nn.Module, images: Iterable[Tensor]) -> None:
    """Set mean and variance of batch norm layers to their means over batches.

    As :func:`torch.optim.swa_utils.update_bn`, but a layer that stays in evaluation mode when the
    module is put into training mode (a frozen one) keeps its statistics. Without a layer that has
    any, nothing is read.

    Args:
        module: In training mode afterwards if it was before.
        images: Batches of its input.
    """
    was_training = module.training
    module.train()
    momenta = {
        layer: layer.momentum
        for layer in module.modules()
        if isinstance(layer, _BatchNorm) and layer.track_running_stats and layer.training
    }
    for layer in momenta:
        layer.reset_running_stats()
        layer.momentum = None  # the mean over all batches, alike
    if momenta:
        for image in images:
            module(image)
    for layer, momentum in momenta.items():
        layer.momentum = momentum
    module.train(was_training)
