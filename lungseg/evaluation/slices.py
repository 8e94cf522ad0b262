"""Predictions for chosen slices, for pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
        image: Intensities after the window, float32, 0 to 1 for the windows that come with us.
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
        image, reference = input_slice(data, name, case, z, module.device)
        with torch.no_grad(), precision.forward_context():
            prediction = module.predict_mask(module(image))
        predicted.append(
            PredictedSlice(
                case=case,
                z=z,
                image=image[0, 0].cpu().numpy(),
                reference=reference,
                prediction=prediction[0, 0].cpu().numpy(),
            )
        )
    return predicted


def input_slice(
    data: SliceDataModule, name: str, case: int, z: int, device: torch.device
) -> tuple[Tensor, NDArray[np.bool_]]:
    """The network's input for a slice, ``[1, channel, y, x]``, and the reference, ``[y, x]``.

    Args:
        data: Slices by set.
        name: Of the set.
        case: Position in the cohort.
        z: Slice, 0 closest to the feet.
        device: Device of the returned image.
    """
    dataset = data.datasets[name]
    sample = dataset[dataset.index.index((case, z))]
    batch = {"image": sample["image"].unsqueeze(0).to(device)}
    image: Tensor = data.on_after_batch_transfer(batch, 0)["image"]
    return image, sample["mask"][0].bool().numpy()
