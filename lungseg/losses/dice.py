"""The Dice loss."""

from __future__ import annotations

from torch import Tensor, nn

from lungseg.arguments.losses import check_dice_loss
from lungseg.losses.overlap import Empty, Reduction, soft_dsc


class DiceLoss(nn.Module):
    r"""One minus the soft DSC, from 0 (full agreement) to 1.

    .. math:: L = 1 - \frac{2 \sum t p + s}{\sum t + \sum p + s}

    Args:
        smooth: The term `s`, above 0, in pixels.
        reduction: Sums over the ``"batch"`` or over each ``"sample"``.
        empty: With ``"sample"``, whether samples without foreground ``"count"`` in the mean, have a
            DSC of ``"one"``, or the mean is that of the others (``"skip"``; 0 without any other).

    Raises:
        ValueError: If an argument is out of its range, or (on call) if the shapes differ.

    Example:
        >>> import torch
        >>> DiceLoss()(torch.full((1, 1, 2, 2), 100.0), torch.ones(1, 1, 2, 2))
        tensor(0.)
    """

    def __init__(
        self, smooth: float = 1.0, reduction: Reduction = "batch", empty: Empty = "count"
    ) -> None:
        super().__init__()
        check_dice_loss(smooth, reduction, empty)
        self.smooth = float(smooth)
        self.reduction = reduction
        self.empty = empty

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        return 1 - soft_dsc(logits, target, self.smooth, self.reduction, self.empty)
