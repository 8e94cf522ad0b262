"""Plain cross-entropy."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from lungseg.losses.prepared import prepared


class BCELoss(nn.Module):
    r"""Plain binary cross-entropy, the mean over all pixels, in nats.

    .. math:: L = -\frac{1}{N} \sum \left[t \log p + (1 - t) \log(1 - p)\right]

    Unlike torch's own, it accepts integer targets and never computes in less than float32.

    Raises:
        ValueError: On call, if the shapes differ.

    Example:
        >>> import torch
        >>> BCELoss()(torch.zeros(1, 4), torch.tensor([[0, 0, 1, 1]]))  # log(2)
        tensor(0.6931)
    """

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        return functional.binary_cross_entropy_with_logits(*prepared(logits, target))
