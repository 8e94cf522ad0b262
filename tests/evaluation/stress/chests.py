"""Two small chests in a store, and a network that finds lung by HU alone."""

import numpy as np
import pytorch_lightning as pl
from torch import nn

from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.store import write_case
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.run import Task
from lungseg.training.module import SegmentationModule
from lungseg.volume import Volume


class ByHu(nn.Module):
    """Lung is what has -930 to -500 HU in a window from -1000 to 400: no weights, no neighbours."""

    def forward(self, x):
        middle = x[:, x.shape[1] // 2, None] * 1400 - 1000
        return 215 - (middle + 715).abs()


def chest(number):
    """HU and sides, ``[8, 40, 56]``; voxels of 3 × 4 × 4 mm. Lungs widen along z."""
    random = np.random.default_rng(number)
    y, x = np.ogrid[:40, :56]
    hu = np.full((8, 40, 56), -1000, np.int16)
    sides = np.zeros(hu.shape, np.uint8)
    hu[:, ((y - 20) / 17) ** 2 + ((x - 28) / 25) ** 2 < 1] = 40
    for z in range(1, 8):
        for side, middle in ((1, 16), (2, 40)):
            radius = 4 + z * 0.7 + number
            lung = ((y - 20) / radius) ** 2 + ((x - middle) / (radius * 0.8)) ** 2 < 1
            hu[z, lung], sides[z, lung] = -850, side
    return hu + random.integers(-9, 10, hu.shape, dtype=np.int16), sides


def cohort(folder):
    attributes = {}
    for number in range(2):
        hu, sides = chest(number)
        volume = Volume(hu, np.diag([4.0, 4.0, 3.0, 1.0]))
        case = Case(f"c{number}", volume, (sides > 0).astype(np.uint8),
                    {"sex": "", "scanner": "", "synthetic": True}, {"findings": []}, "0", sides)  # fmt: skip
        attributes[case.name] = write_case(folder, case, "")
    return Cohort(str(folder), attributes)


def task(made, folder, postprocess=None, **settings):
    """Both cases are tested; five slices per batch, so that some batches are of both."""
    network_input = NetworkInput(Window(-1000, 400), **settings)
    data = SliceDataModule(
        made, {"test": made.names}, network_input, batch_size=5, num_workers=0, cache_gib=0, seed=0
    )
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False,
                         enable_model_summary=False, enable_checkpointing=False)  # fmt: skip
    module = SegmentationModule(ByHu(), sets=["test"])
    conventions, weights = Conventions(0.5, "zero"), Weights("last.ckpt", 1)
    return Task(
        module, data, trainer, made, folder, conventions, weights, postprocess
    ), network_input
