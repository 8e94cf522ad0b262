"""The Tversky and the focal Tversky loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lungseg.arguments.losses import check_tversky_loss
from lungseg.losses.overlap import Reduction
from lungseg.losses.prepared import prepared
from lungseg.processes import sum_over_processes

LEAST = 1e-7
"""A power below 1 has no finite slope at 0, which is full agreement."""


class TverskyLoss(nn.Module):
    r"""One minus the Tversky index, to a power; false and missed lung have weights of their own.

    .. math:: L = \left(1 - \frac{\sum t p + s}
        {\sum t p + \alpha \sum (1 - t) p + \beta \sum t (1 - p) + s}\right)^\gamma

    With ``alpha=0.5, beta=0.5`` the index is the soft DSC, with twice the smoothing term. With
    `gamma` below 1, what is nearly right still counts much: the focal Tversky loss, whose authors
    take 0.75 (Salehi et al., arXiv:1706.05721; Abraham and Khan, arXiv:1810.07842).

    Args:
        alpha: Weight of false lung, at least 0.
        beta: Weight of missed lung, at least 0.
        gamma: The power, above 0.
        smooth: The term `s`, above 0, in pixels.
        reduction: Sums over the ``"batch"``, even if several processes share it, or over each
            ``"sample"``, followed by the mean.

    Raises:
        ValueError: If an argument is out of its range, or (on call) if the shapes differ.

    Example:
        >>> logits, target = torch.full((1, 1, 2, 2), 100.0), torch.ones(1, 1, 2, 2)
        >>> TverskyLoss()(logits, target)
        tensor(0.)
        >>> TverskyLoss(smooth=1e-6)(-logits, target)  # all of it missed
        tensor(1.0000)
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        gamma: float = 1.0,
        smooth: float = 1.0,
        reduction: Reduction = "batch",
    ) -> None:
        super().__init__()
        check_tversky_loss(alpha, beta, gamma, smooth, reduction)
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.gamma = float(gamma)
        self.smooth = float(smooth)
        self.reduction = reduction

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        logits, target = prepared(logits, target)
        p, t = (
            tensor.reshape(1, tensor.numel()) if self.reduction == "batch" else tensor.flatten(1)
            for tensor in (logits.sigmoid(), target)
        )
        sums = torch.stack([(t * p).sum(1), ((1 - t) * p).sum(1), (t * (1 - p)).sum(1)])
        if self.reduction == "batch":
            sums = sum_over_processes(sums)
        both, false, missed = sums
        weighted = self.alpha * false + self.beta * missed
        loss: Tensor = weighted / (both + weighted + self.smooth)
        return (loss if self.gamma == 1 else loss.clamp(min=LEAST) ** self.gamma).mean()
