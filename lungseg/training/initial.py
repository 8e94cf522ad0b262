"""Weights of another training as the initial ones of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Fit:
    """What a network took from other weights.

    Attributes:
        taken: Names of its tensors that were set.
        left: Names of those that stay as they were: no tensor of that name and shape was there.
        channels: Input channels of the other network and of this one, where they differ.
    """

    taken: list[str]
    left: list[str]
    channels: tuple[int, int] | None


@torch.no_grad()
def load_fitting(net: nn.Module, weights: Mapping[str, Tensor]) -> Fit:
    """Set the tensors of a network that others of the same name and shape are there for.

    Where the number of input channels differs, every channel of the convolutions that see the image
    gets the same share of the sum over the old channels, so that an image that is repeated in all
    channels gives what it gave.

    Args:
        net: Whose parameters and buffers are set.
        weights: By name. Nothing is set if no weight of more than one dimension fits.

    Example:
        >>> old, new = nn.Conv2d(1, 2, 3), nn.Conv2d(4, 2, 3)
        >>> load_fitting(new, old.state_dict())
        Fit(taken=['weight', 'bias'], left=[], channels=(1, 4))
        >>> image = torch.rand(1, 1, 8, 8)
        >>> torch.allclose(new(image.expand(-1, 4, -1, -1)), old(image), atol=1e-6)
        True
    """
    own = net.state_dict()
    channels = _changed_channels(own, weights)
    fitting = {}
    for name, tensor in own.items():
        given = weights.get(name)
        if given is None:
            continue
        if channels and _sees_image(given, tensor, channels):
            given = given.sum(1, keepdim=True).expand_as(tensor) / channels[1]
        if given.shape == tensor.shape:
            fitting[name] = given
    if not any(tensor.ndim > 1 for tensor in fitting.values()):
        return Fit([], list(own), None)
    for name, given in fitting.items():
        own[name].copy_(given)
    return Fit([*fitting], [name for name in own if name not in fitting], channels)


def _changed_channels(
    own: Mapping[str, Tensor], weights: Mapping[str, Tensor]
) -> tuple[int, int] | None:
    """Input channels of the other network and of this one, if their first convolutions differ."""
    for name, tensor in own.items():
        if tensor.ndim > 2:
            given = weights.get(name)
            if given is None or given.ndim != tensor.ndim or given.shape[1] == tensor.shape[1]:
                return None
            return given.shape[1], tensor.shape[1]
    return None


def _sees_image(given: Tensor, tensor: Tensor, channels: tuple[int, int]) -> bool:
    """Whether two weights differ in their input channels alone, as those that see the image do."""
    if given.ndim < 3 or given.ndim != tensor.ndim:
        return False
    rest = given.shape[:1] + given.shape[2:] == tensor.shape[:1] + tensor.shape[2:]
    return rest and (given.shape[1], tensor.shape[1]) == channels
