"""Overlays for trackers, of slices that differ in size."""

import numpy as np
import pytorch_lightning as pl

from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.evaluation.overlays import overlays, pick_slices
from lungseg.models.unet import UNet
from lungseg.sources.lctsc import LctscFolder
from lungseg.training.module import SegmentationModule
from tests.conftest import MIXED_SIZES


def test_all_have_one_size_and_show_the_whole_slice(mixed_sizes_root, tmp_path):
    cohort = prepare(LctscFolder(mixed_sizes_root), tmp_path)
    settings = {"batch_size": 2, "num_workers": 0, "cache_gib": 0, "seed": 0}
    data = SliceDataModule(
        cohort, {"test": cohort.names}, NetworkInput(Window(-1000, 400)), **settings
    )
    module = SegmentationModule(UNet(depth=3, base_channels=2), sets=["test"])
    module.trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    images = overlays(module, data, cohort.names, synthetic=True)
    dataset = data.datasets["test"]
    picked = pick_slices(dataset)
    assert {MIXED_SIZES[case] for case, _ in picked} == set(MIXED_SIZES)
    largest = max(MIXED_SIZES)
    for image, key in zip(images, picked, strict=True):
        size = MIXED_SIZES[key[0]]
        sample = dataset[dataset.index.index(key)]
        hu, reference = (sample[name][0].numpy() for name in ("image", "mask"))
        shown = image.image
        assert shown.shape == (largest, largest)
        expected = ((hu.astype(float) + 1000) / 1400).clip(0, 1) * 255
        assert np.abs(shown[:size, :size] - expected).max() <= 0.51
        assert not shown[size:].any()
        assert not shown[:, size:].any()
        mask = image.reference
        assert mask.shape == shown.shape
        assert np.array_equal(mask[:size, :size], reference)
        assert mask.sum() == reference.sum()
