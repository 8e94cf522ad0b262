"""A training as in MONAI's tutorials, on slices as our network sees them."""

from __future__ import annotations

from math import radians
from typing import Any

import torch
from monai.data import CacheDataset, DataLoader
from monai.transforms import (
    Compose,
    RandAffined,
    RandFlipd,
    RandScaleIntensityFixedMeand,
    RandShiftIntensityd,
    ScaleIntensityRanged,
)

BOTH = ["image", "mask"]


def monai_loader(dataset: Any, augment: Any, window: Any, batch_size: int) -> Any:
    """Batches of a dataset of ours, with MONAI's counterpart of each of our transforms.

    Args:
        dataset: Its slices, cropped and with their neighbours, are what MONAI caches.
        augment: A flip, an affine move, contrast and brightness, whose ranges MONAI's get.
        window: Bounds in HU, ``lower`` and ``upper``.
        batch_size: Slices per batch.
    """
    samples = [
        {"image": sample["image"].float(), "mask": sample["mask"].float()}
        for sample in (dataset[item] for item in range(len(dataset)))
    ]
    flip, affine, contrast, brightness = [one for one in augment.transforms if one.p > 0]
    steps = [
        ScaleIntensityRanged("image", window.lower, window.upper, 0.0, 1.0, clip=True),
        RandFlipd(BOTH, prob=flip.p, spatial_axis=1),
        RandAffined(
            BOTH,
            prob=affine.p,
            rotate_range=radians(affine.degrees),
            scale_range=affine.scale[1] - 1,
            translate_range=[affine.shift * n for n in samples[0]["image"].shape[1:]],
            mode=["bilinear", "nearest"],
            padding_mode="border",
        ),
        RandScaleIntensityFixedMeand("image", prob=contrast.p, factors=contrast.factor[1] - 1),
        RandShiftIntensityd("image", prob=brightness.p, offsets=brightness.shift),
    ]
    cached = CacheDataset(samples, Compose(steps), progress=False)
    return DataLoader(cached, batch_size=batch_size, shuffle=True, num_workers=0)


def monai_step(net: Any, loss: Any, optimizer: Any, batch: dict[str, Any], bf16: bool) -> float:
    """One step of the tutorials' loop; its loss."""
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        value = loss(net(batch["image"]), batch["mask"])
    value.backward()
    optimizer.step()
    return float(value.item())
