"""A loss of logits from several depths of a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lungseg.arguments.losses import check_deep_supervision


class DeepSupervision(nn.Module):
    r"""The weighted mean of a loss over the logits that a network makes at several levels.

    .. math:: L = \frac{\sum_k w_k L(x_k, t)}{\sum_k w_k}

    In training, a network such as :class:`lungseg.models.unet.UNet` with ``deep_supervision=True``
    returns the logits of all levels, each at the size of the image and the finest first. In
    evaluation it returns the finest alone, and the loss is theirs (Lee et al., arXiv:1409.5185).

    Args:
        loss: The loss `L`, of logits and target.
        weights: The weights `w`, finest first; None for 1, 1/2, 1/4, ….

    Raises:
        ValueError: If the weights are no such numbers, or (on call) if there are not as many as
            levels.

    Example:
        >>> from lungseg.losses import BCELoss
        >>> loss = DeepSupervision(BCELoss())
        >>> right, unsure = torch.full((1, 1, 2, 2), 100.0), torch.zeros(1, 1, 2, 2)
        >>> loss([right, unsure], torch.ones(1, 1, 2, 2))  # log(2) / 3
        tensor(0.2310)
    """

    def __init__(self, loss: nn.Module, weights: Sequence[float] | None = None) -> None:
        super().__init__()
        check_deep_supervision(loss, weights)
        self.loss = loss
        self.weights = None if weights is None else tuple(float(weight) for weight in weights)

    def forward(self, logits: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits (of each level) of the target's shape."""
        if isinstance(logits, Tensor):
            finest: Tensor = self.loss(logits, target)
            return finest
        weights = self.weights or [0.5**level for level in range(len(logits))]
        if len(weights) != len(logits):
            raise ValueError(f"weights must be one for each of {len(logits)} levels, got {weights}")
        total = target.new_zeros((), dtype=torch.float32)
        for weight, level in zip(weights, logits, strict=True):
            total = total + weight * self.loss(level, target)
        return total / sum(weights)
