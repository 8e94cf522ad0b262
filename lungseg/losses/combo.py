"""The Combo loss."""

from __future__ import annotations

from torch import Tensor, nn

from lungseg.arguments.losses import check_combo_loss
from lungseg.losses.cross_entropy import modified_bce
from lungseg.losses.overlap import Empty, Reduction, soft_dsc


class ComboLoss(nn.Module):
    r"""Combo loss: modified cross-entropy minus soft DSC.

    .. math:: L = \alpha L_\mathrm{mBCE}(\beta)
        - (1 - \alpha) \frac{2 \sum t p + s}{\sum t + \sum p + s}

    At the defaults it equals a third of (plain binary cross-entropy - soft DSC). Its minimum is
    `-(1 - alpha)`, so a negative loss is not an error.

    Args:
        alpha: Share of the cross-entropy, from 0 (soft DSC alone) to 1 (cross-entropy alone).
        beta: Weight of missed lung against false lung in the cross-entropy, from 0 to 1.
        smooth: The term `s` of the soft DSC, above 0, in pixels.
        reduction: Sums of the soft DSC over the ``"batch"`` or over each ``"sample"``.
        empty: With ``"sample"``, whether samples without foreground ``"count"`` in the soft DSC, or
            the cross-entropy alone judges them: their DSC is ``"one"``, or the mean is that of the
            others (``"skip"``, by which these weigh more where they are few). Counted, they go from
            0 to 1 where the last lung that was invented there vanishes, and a long training gives
            up small masks elsewhere for that.

    Raises:
        ValueError: If an argument is out of its range, or (on call) if the shapes differ.

    Example:
        >>> import torch
        >>> loss = ComboLoss()
        >>> loss(torch.full((1, 1, 2, 2), 100.0), torch.ones(1, 1, 2, 2, dtype=torch.uint8))
        tensor(-0.3333)
    """

    def __init__(
        self,
        alpha: float = 2 / 3,
        beta: float = 0.5,
        smooth: float = 1.0,
        reduction: Reduction = "batch",
        empty: Empty = "count",
    ) -> None:
        super().__init__()
        check_combo_loss(alpha, beta, smooth, reduction, empty)
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.smooth = float(smooth)
        self.reduction = reduction
        self.empty = empty

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        cross_entropy = modified_bce(logits, target, self.beta)
        overlap = soft_dsc(logits, target, self.smooth, self.reduction, self.empty)
        return self.alpha * cross_entropy - (1 - self.alpha) * overlap
