"""A few test slices with reference and prediction, for trackers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.datamodule import SliceDataModule
from lungseg.data.dataset import SliceDataset
from lungseg.evaluation.slices import predict_slices
from lungseg.training.module import SegmentationModule
from lungseg.training.tracker import Overlay

MOST = 8


def pick_slices(dataset: SliceDataset) -> list[tuple[int, int]]:
    """Case and z of slices spread over cases and, within each, evenly from base to apex."""
    by_case: dict[int, list[int]] = {}
    for item, (case, _) in enumerate(dataset.index):
        by_case.setdefault(case, []).append(item)
    picked = []
    per_case = max(1, MOST // len(by_case))
    for items in list(by_case.values())[:MOST]:
        with_lung = [item for item in items if dataset[item]["mask"].any()]
        picked += [
            dataset.index[with_lung[len(with_lung) * k // (per_case + 1)]]
            for k in range(1, per_case + 1)
            if with_lung
        ]
    return picked


def overlays(
    module: SegmentationModule, data: SliceDataModule, cases: list[str], synthetic: bool
) -> list[Overlay]:
    """The network's input as uint8, with reference and predicted masks.

    W&B shows images of one size only: where slices differ in size, the smaller ones are extended
    below and at the right, in black.

    Args:
        module: The trained model.
        data: Slices, with a set ``test``.
        cases: Names of all cases of the cohort.
        synthetic: Whether captions say that the data are synthetic.
    """
    slices = predict_slices(module, data, "test", pick_slices(data.datasets["test"]))
    shapes = [predicted.image.shape for predicted in slices]
    shape = np.max(shapes, axis=0) if shapes else ()
    mark = " (synthetic)" if synthetic else ""
    return [
        Overlay(
            # W&B wraps HU modulo 256, so the window is applied first.
            _extended(np.rint(predicted.image * 255).astype(np.uint8), shape),
            _extended(predicted.reference, shape),
            _extended(predicted.prediction, shape),
            f"{cases[predicted.case]} z={predicted.z}{mark}",
        )
        for predicted in slices
    ]


def _extended(image: NDArray[Any], shape: Any) -> NDArray[Any]:
    return np.pad(image, [(0, more) for more in np.subtract(shape, image.shape)])
