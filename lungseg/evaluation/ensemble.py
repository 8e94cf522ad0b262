"""Several trained networks as one that is evaluated: the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lungseg.data.ensemble_data import SEEN, SET
from lungseg.inference.model import Model
from lungseg.training.module import SegmentationModule


class Ensemble(SegmentationModule):
    r"""Averages the probabilities of its members, as ``lungseg predict`` does.

    .. math:: p = \frac{1}{n} \sum_k \sigma(l_k)

    Its logits are those of the mean, in double precision where the device has it, so that the
    threshold falls where it falls for the mean itself.

    Args:
        members: Networks, each with its own input and precision.
        threshold: A pixel is lung when the mean probability is at least this.
        record: What is known of the trainings together.
    """

    def __init__(
        self, members: Sequence[Model], *, threshold: float, record: dict[str, Any]
    ) -> None:
        networks = nn.ModuleList([member.module for member in members])
        super().__init__(networks, sets=[SET], threshold=threshold, record=record)
        self._members = tuple(members)

    def own_logits(self, batch: dict[str, Any]) -> Tensor:
        """Logits of the mean ``[B, 1, y, x]``, on the cases' own grid."""
        probabilities = []
        for member in self._members:
            seen = batch[SEEN][member.input.geometry]
            logits = member.logits(seen["image"])
            probabilities.append(torch.sigmoid(seen["frame"].scan(logits)))
        mean = torch.stack(probabilities).mean(dim=0)
        return torch.logit(mean if mean.device.type == "mps" else mean.double())

    def predict_mask(self, logits: Tensor) -> Tensor:
        """Logits to a boolean mask, without rounding them."""
        return logits >= self._logit
