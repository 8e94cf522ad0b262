"""The layers between convolutions that normalise features."""

from __future__ import annotations

import math

from torch import nn

GROUPS = 8


def norm_layer(norm: str, channels: int) -> nn.Module:
    """A layer that normalises features ``[B, channels, H, W]``, with a scale and shift per channel.

    ``"batch"`` normalises each channel over the batch in training, and by running statistics in
    evaluation. The others treat each image by itself, alike in both: ``"instance"`` each channel,
    ``"group"`` 8 groups of channels (Wu and He, arXiv:1803.08494), or the largest smaller number of
    groups that divides both 8 and the channels.

    Args:
        norm: ``"batch"``, ``"instance"`` or ``"group"``.
        channels: Of the features.

    Example:
        >>> norm_layer("group", 12).num_groups
        4
    """
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    # Groups of one channel are torch's InstanceNorm2d, which refuses features of 1 × 1 and leaves
    # the channels-last layout.
    return nn.GroupNorm(channels if norm == "instance" else math.gcd(GROUPS, channels), channels)
