"""An exponential moving average of the weights."""

from __future__ import annotations

import torch
from torch import Tensor

from lungseg.arguments.training import check_ema
from lungseg.training.averaging import Averaging


class EMA(Averaging):
    r"""Follows the weights after every step of the optimizer, and smooths them.

    .. math:: \bar w_n = d_n \bar w_{n-1} + (1 - d_n) w_n, \quad
        d_n = \min\left(d, \frac{1 + n}{10 + n}\right)

    with :math:`\bar w_0 = w_0` after the first step (n = 0). The ramp keeps the first weights from
    outlasting a short training (as in TensorFlow's ``ExponentialMovingAverage``). The statistics of
    batch norm are averaged in the same way; its counts of batches, whole numbers, are taken over.

    Args:
        decay: The share d that the average keeps in a step. Of 0.999, it remembers about the last
            1000 steps.

    Raises:
        ValueError: If the share is not a number from 0 up to, but not including, 1.
    """

    def __init__(self, decay: float = 0.999) -> None:
        check_ema(decay)
        super().__init__(multi_avg_fn=self._follow)
        self._decay = decay

    @torch.no_grad()
    def _follow(self, averaged: list[Tensor], current: list[Tensor], _: object) -> None:
        assert self._average_model is not None
        # Not the count that is passed: that one is on the device.
        decay = decay_at(int(self._average_model.n_averaged), self._decay)
        for mean, value in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)


def decay_at(n: int, decay: float) -> float:
    """The share that an average of `n` earlier steps keeps.

    Example:
        >>> decay_at(1, 0.999), decay_at(8990, 0.999), decay_at(9000, 0.999)
        (0.18181818181818182, 0.999, 0.999)
    """
    return min(decay, (1 + n) / (10 + n))
