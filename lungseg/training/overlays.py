"""A few test slices with reference and prediction, for W&B."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lungseg.data.datamodule import SliceDataModule, SliceDataset
from lungseg.training.module import SegmentationModule

MOST = 8
LABELS = {1: "lung"}


def pick_slices(dataset: SliceDataset) -> list[int]:
    """Items spread over cases and, within a case, evenly between base and apex of the lungs."""
    by_case: dict[int, list[int]] = {}
    for item, (case, _) in enumerate(dataset.index):
        by_case.setdefault(case, []).append(item)
    picked = []
    per_case = max(1, MOST // len(by_case))
    for items in list(by_case.values())[:MOST]:
        with_lung = [item for item in items if dataset[item]["mask"].any()]
        picked += [
            with_lung[len(with_lung) * k // (per_case + 1)]
            for k in range(1, per_case + 1)
            if with_lung
        ]
    return picked


def overlays(
    module: SegmentationModule, data: SliceDataModule, cases: list[str], synthetic: bool
) -> list[Any]:
    """Images for W&B: what the network saw, as uint8, with reference and predicted masks.

    Args:
        module: The trained model.
        data: Has a set ``test``.
        cases: Names of all cases of the cohort.
        synthetic: Whether to say so in the captions.
    """
    import wandb

    module.eval()  # a Trainer hands the module back in training mode
    precision = module.trainer.precision_plugin
    dataset = data.datasets["test"]
    images = []
    for item in pick_slices(dataset):
        sample = dataset[item]
        batch = {"image": sample["image"].unsqueeze(0).to(module.device)}
        image = data.on_after_batch_transfer(batch, 0)["image"]
        with torch.no_grad(), precision.forward_context():
            prediction = module.predict_mask(module(image))[0, 0].cpu().numpy()
        # W&B wraps HU modulo 256; the window has to come first.
        grey = np.rint(image[0, 0].cpu().numpy() * 255).astype(np.uint8)
        masks = {"reference": sample["mask"][0].numpy(), "prediction": prediction.astype(np.uint8)}
        caption = f"{cases[sample['case']]} z={sample['z']}" + (" (synthetic)" if synthetic else "")
        images.append(
            wandb.Image(
                grey,
                caption=caption,
                masks={
                    name: {"mask_data": mask, "class_labels": LABELS}
                    for name, mask in masks.items()
                },
            )
        )
    return images
