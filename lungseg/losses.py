"""Losses for binary segmentation: the Combo loss and its parts, from logits.

Every loss takes logits and a 0/1 target of the same shape ``[B, ...]`` and returns a scalar. They
compute in float32 even if the logits are bfloat16 or float16 (float64 stays float64), and never
take the logarithm of a probability, so values and gradients stay finite for any finite logit.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lungseg.arguments import check_combo_loss, check_dice_loss
from lungseg.processes import sum_over_processes

Reduction = Literal["batch", "sample"]


def soft_dsc(
    logits: Tensor, target: Tensor, smooth: float = 1.0, reduction: Reduction = "batch"
) -> Tensor:
    r"""Soft Dice coefficient (DSC) of probabilities :math:`p = \sigma(x)` and a 0/1 target `t`.

    .. math:: \frac{2 \sum t p + s}{\sum t + \sum p + s}

    Args:
        logits: Scores `x` before the sigmoid, ``[B, ...]``.
        target: Reference mask, 0 or 1, any dtype, same shape as `logits`.
        smooth: The term `s`, above 0, in pixels, which keeps empty masks defined.
        reduction: ``"batch"`` sums over the whole batch, even if several processes share it;
            ``"sample"`` over each sample, followed by the mean over samples.

    Returns:
        Scalar from 0 to 1 (1 is full agreement), float32 or, for float64 logits, float64.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> soft_dsc(torch.tensor([[100.0, -100.0]]), torch.tensor([[1, 0]]))
        tensor(1.)
    """
    logits, target = _prepare(logits, target)
    # If several processes share a batch, one may have no sample.
    p, t = (
        tensor.reshape(1, tensor.numel()) if reduction == "batch" else tensor.flatten(1)
        for tensor in (logits.sigmoid(), target)
    )
    sums = torch.stack([(t * p).sum(1), t.sum(1), p.sum(1)])
    if reduction == "batch":
        sums = sum_over_processes(sums)
    both, reference, prediction = sums
    dsc: Tensor = (2 * both + smooth) / (reference + prediction + smooth)
    return dsc.mean()


def modified_bce(logits: Tensor, target: Tensor, beta: float = 0.5) -> Tensor:
    r"""Binary cross-entropy that weighs missed lung (`beta`) against false lung (`1 - beta`).

    .. math:: -\frac{1}{N} \sum \left[\beta t \log p + (1 - \beta)(1 - t) \log(1 - p)\right],
        \quad p = \sigma(x)

    With ``beta=0.5`` it is half the plain binary cross-entropy.

    Args:
        logits: Scores `x` before the sigmoid, ``[B, ...]``.
        target: Reference mask, 0 or 1, any dtype, same shape as `logits`.
        beta: Weight of the foreground, from 0 to 1.

    Returns:
        Scalar in nats, the mean over all `N` pixels, float32 or, for float64 logits, float64.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> modified_bce(torch.zeros(1, 4), torch.tensor([[0, 0, 1, 1]]))  # log(2) / 2
        tensor(0.3466)
    """
    logits, target = _prepare(logits, target)
    # 1 - sigmoid(x) = sigmoid(-x) avoids cancellation and the logarithm of a rounded 0.
    foreground = beta * target * functional.logsigmoid(logits)
    background = (1 - beta) * (1 - target) * functional.logsigmoid(-logits)
    return -(foreground + background).mean()


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

    Raises:
        ValueError: If an argument is out of its range, or (on call) if the shapes differ.

    Example:
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
    ) -> None:
        super().__init__()
        check_combo_loss(alpha, beta, smooth, reduction)
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.smooth = float(smooth)
        self.reduction = reduction

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        cross_entropy = modified_bce(logits, target, self.beta)
        overlap = soft_dsc(logits, target, self.smooth, self.reduction)
        return self.alpha * cross_entropy - (1 - self.alpha) * overlap


class DiceLoss(nn.Module):
    r"""One minus the soft DSC, from 0 (full agreement) to 1.

    .. math:: L = 1 - \frac{2 \sum t p + s}{\sum t + \sum p + s}

    Args:
        smooth: The term `s`, above 0, in pixels.
        reduction: Sums over the ``"batch"`` or over each ``"sample"``.

    Raises:
        ValueError: If an argument is out of its range, or (on call) if the shapes differ.

    Example:
        >>> DiceLoss()(torch.full((1, 1, 2, 2), 100.0), torch.ones(1, 1, 2, 2))
        tensor(0.)
    """

    def __init__(self, smooth: float = 1.0, reduction: Reduction = "batch") -> None:
        super().__init__()
        check_dice_loss(smooth, reduction)
        self.smooth = float(smooth)
        self.reduction = reduction

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        return 1 - soft_dsc(logits, target, self.smooth, self.reduction)


class BCELoss(nn.Module):
    r"""Plain binary cross-entropy, the mean over all pixels, in nats.

    .. math:: L = -\frac{1}{N} \sum \left[t \log p + (1 - t) \log(1 - p)\right]

    Unlike torch's own, it accepts integer targets and never computes in less than float32.

    Raises:
        ValueError: On call, if the shapes differ.

    Example:
        >>> BCELoss()(torch.zeros(1, 4), torch.tensor([[0, 0, 1, 1]]))  # log(2)
        tensor(0.6931)
    """

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar, of logits and a 0/1 target of the same shape ``[B, ...]``."""
        return functional.binary_cross_entropy_with_logits(*_prepare(logits, target))


def _prepare(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Check the shapes and convert both to the dtype of the computation: float32 at least."""
    if logits.shape != target.shape:
        raise ValueError(
            "logits and target must have the same shape, "
            f"got {tuple(logits.shape)} and {tuple(target.shape)}"
        )
    # Sums over 512 × 512 pixels lose whole pixels in 16 bits.
    dtype = torch.promote_types(logits.dtype, torch.float32)
    return logits.to(dtype), target.to(dtype)
