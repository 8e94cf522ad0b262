"""Predictions for chosen slices, for pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lungseg.data.datamodule import SliceDataModule
from lungseg.training.module import SegmentationModule


@dataclass(frozen=True)
class PredictedSlice:
    """Input, reference and prediction of a slice; all ``[y, x]``.

    Attributes:
        case: Position of the case in the cohort.
        z: Slice, 0 closest to the feet.
        image: As shown, float32, 0 to 1.
        reference: Bool.
        prediction: Bool.
    """

    case: int
    z: int
    image: NDArray[np.float32]
    reference: NDArray[np.bool_]
    prediction: NDArray[np.bool_]


def predict_slices(
    module: SegmentationModule, data: SliceDataModule, name: str, slices: Iterable[tuple[int, int]]
) -> list[PredictedSlice]:
    """Predict some slices of a set again, each in a batch of its own.

    Args:
        module: The trained model, attached to the Trainer that ran it.
        data: Slices by set.
        name: Of the set.
        slices: Case (position in the cohort) and z of each.
    """
    module.eval()  # a Trainer returns the module in training mode
    precision = module.trainer.precision_plugin
    predicted = []
    for case, z in slices:
        batch = slice_batch(data, name, case, z, module.device)
        with torch.no_grad(), precision.forward_context():
            prediction = module.predict_mask(module.own_logits(batch))
        predicted.append(
            PredictedSlice(
                case=case,
                z=z,
                image=batch["picture"][0, 0].cpu().numpy(),
                reference=batch["mask"][0, 0].bool().cpu().numpy(),
                prediction=prediction[0, 0].cpu().numpy(),
            )
        )
    return predicted


def slice_batch(
    data: SliceDataModule, name: str, case: int, z: int, device: torch.device
) -> dict[str, Any]:
    """A batch of one slice, made for evaluation, with its ``picture``.

    Args:
        data: Slices by set.
        name: Of the set.
        case: Position in the cohort.
        z: Slice, 0 closest to the feet.
        device: Device of the returned tensors.
    """
    dataset = data.datasets[name].evaluated()
    batch = dataset.batch([dataset[dataset.index.index((case, z))]])
    moved = {key: value.to(device) if isinstance(value, Tensor) else value
             for key, value in batch.items()}  # fmt: skip
    return data.on_after_batch_transfer(moved, 0)
