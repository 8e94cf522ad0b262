"""The boundary loss."""

from __future__ import annotations

from torch import Tensor, nn

from lungseg.arguments.losses import check_boundary_loss
from lungseg.losses.prepared import prepared
from lungseg.losses.signed_distance import signed_distance


class BoundaryLoss(nn.Module):
    r"""A loss of regions, plus the distance of what is false or missed to the surface.

    .. math:: L = R + w \frac{1}{N} \sum p \varphi

    `R` is the loss of regions, and :math:`\varphi` the signed distance to the edge of the
    reference, in pixels and slice by slice (`lungseg.losses.signed_distance`): the further off a
    pixel is, the more it counts. Slices without lung, or with nothing else, add 0 to the second
    term, which is why it cannot stand alone (Kervadec et al., arXiv:1812.07032). It may be
    negative.

    Args:
        region: The loss `R`, of logits and target.
        weight: The weight `w`, above 0, per pixel of distance.

    Raises:
        ValueError: If the weight is out of its range, or (on call) if the shapes differ.

    Example:
        >>> import torch
        >>> from lungseg.losses import DiceLoss
        >>> target = torch.tensor([[[[0, 0, 1, 1, 1, 0]]]])
        >>> logits = torch.tensor([[[[100.0, -100, 100, 100, 100, -100]]]])  # one pixel, 2 off
        >>> loss = BoundaryLoss(DiceLoss(), weight=0.6)(logits, target)
        >>> torch.testing.assert_close(loss, DiceLoss()(logits, target) + 0.6 * (2 - 1) / 6)
    """

    def __init__(self, region: nn.Module, weight: float = 0.01) -> None:
        super().__init__()
        check_boundary_loss(region, weight)
        self.region = region
        self.weight = float(weight)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of one shape ``[B, C, y, x]``."""
        region: Tensor = self.region(logits, target)
        logits, target = prepared(logits, target)
        return region + self.weight * (logits.sigmoid() * signed_distance(target)).mean()
