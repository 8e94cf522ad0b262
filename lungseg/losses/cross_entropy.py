"""Cross-entropy that weighs missed against false lung."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from lungseg.losses.prepared import prepared


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
        >>> import torch
        >>> modified_bce(torch.zeros(1, 4), torch.tensor([[0, 0, 1, 1]]))  # log(2) / 2
        tensor(0.3466)
    """
    logits, target = prepared(logits, target)
    # 1 - sigmoid(x) = sigmoid(-x) avoids cancellation and the logarithm of a rounded 0.
    foreground = beta * target * functional.logsigmoid(logits)
    background = (1 - beta) * (1 - target) * functional.logsigmoid(-logits)
    return -(foreground + background).mean()
