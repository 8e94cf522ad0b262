"""WeightedMean: a mean over batches of unequal size, exact over processes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric


class WeightedMean(Metric):
    r"""The mean of values :math:`v_i` of batches with :math:`n_i` samples.

    .. math:: \sum n_i v_i / \sum n_i

    It is nan before the first value and after one that is nan. (torchmetrics' MeanMetric forgets
    its weights unless it also drops or replaces nan.)

    Example:
        >>> mean = WeightedMean()
        >>> mean.update(torch.tensor(1.0), 3)
        >>> mean.update(torch.tensor(5.0), 1)
        >>> mean.compute()
        tensor(2.)
    """

    full_state_update = False
    total: Tensor
    n: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("total", default=torch.zeros(()), dist_reduce_fx="sum")
        self.add_state("n", default=torch.zeros(()), dist_reduce_fx="sum")

    def update(self, value: Tensor, n: int) -> None:
        """Add the value, a scalar, of a batch of `n` samples."""
        self.total += value * n
        self.n += n

    def resume(self, total: Tensor, n: Tensor) -> None:
        """Start from the sums of an earlier process: of the values times `n`, and of `n`."""
        self.reset()
        self._update_count = 1  # or torchmetrics would warn that there was none
        self.total, self.n = total.to(self.device), n.to(self.device)

    def compute(self) -> Tensor:
        """Return the mean, a scalar."""
        return self.total / self.n
