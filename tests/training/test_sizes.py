"""Cases that differ in size: each is trained on and counted on its own grid, as if it were alone."""

from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from monai.networks.nets import UNet as MonaiUNet

from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.data.store import open_arrays
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.run import Task, evaluate
from lungseg.losses import ComboLoss, soft_dsc
from lungseg.models.unet import UNet
from lungseg.sources.lctsc import LctscFolder
from lungseg.training.module import SegmentationModule
from tests.conftest import MIXED_SIZES

BATCH = 3
NETWORKS = {
    "unet3": lambda: UNet(depth=3, base_channels=4),
    "unet4": lambda: UNet(depth=4, base_channels=2),
    "monai": lambda: MonaiUNet(2, 1, 1, channels=(4, 8, 16, 32), strides=(2, 2, 2)),
}
MULTIPLE = {"unet3": 8, "unet4": 16, "monai": 8}
COUNTS = ["tp", "fp", "fn", "tn"]


@pytest.fixture(scope="module")
def cohort(mixed_sizes_root, tmp_path_factory):
    return prepare(LctscFolder(mixed_sizes_root), tmp_path_factory.mktemp("store"))


def trainer(**settings):
    return pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **settings,
    )


def make_data(cohort, sets):
    settings = {"batch_size": BATCH, "num_workers": 0, "cache_gib": 1, "seed": 0}
    return SliceDataModule(cohort, sets, NetworkInput(Window(-1000, 400)), **settings)


def make_module(net, sets):
    optimizer = partial(torch.optim.Adam, lr=0.01)
    return SegmentationModule(net, ComboLoss(), optimizer, sets=list(sets))


def evaluated(net, cohort, sets, folder):
    task = Task(
        make_module(net, sets),
        make_data(cohort, sets),
        trainer(),
        cohort,
        folder,
        Conventions(threshold=0.5, empty_dsc="zero"),
        Weights("last.ckpt", 1),
    )
    return evaluate(task)


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request, cohort):
    """A network after an epoch on four sizes, and what was logged of the test set."""
    torch.manual_seed(0)
    sets = {"train": cohort.names[:4], "test": cohort.names[4:]}
    net = NETWORKS[request.param]()
    module = make_module(net, sets)
    trainer(max_epochs=1).fit(module, make_data(cohort, sets))
    return request.param, net.eval(), module.results("test")


def test_a_cases_numbers_are_those_of_the_case_alone(trained, cohort, tmp_path):
    _, net, _ = trained
    sets = {"train": cohort.names[:4], "test": cohort.names[4:]}
    together = evaluated(net, cohort, sets, tmp_path)
    for name in cohort.names:
        alone = evaluated(net, cohort, {"test": [name]}, tmp_path)
        for table in ("slices", "cases"):
            ours, theirs = getattr(together, table), getattr(alone, table)
            ours = ours[ours["case"] == name].drop(columns="split").reset_index(drop=True)
            assert ours.equals(theirs.drop(columns="split")), (name, table)
    for name, size in zip(cohort.names, MIXED_SIZES, strict=True):
        rows = together.slices[together.slices["case"] == name]
        assert len(rows) == cohort.cases[name]["fingerprint"]["n_slices"]
        assert (rows[COUNTS].sum(axis=1) == size**2).all()
    # The curves count the same pixels.
    n_pixels = together.slices[together.slices["split"] == "test"][COUNTS].to_numpy().sum()
    assert together.summary["test"]["pr_auc"]["n"] == n_pixels


def by_hand(net, image, multiple):
    """Probabilities of a batch of HU ``[B, y, x]``, padded by numpy and cropped."""
    size = image.shape[1]
    more = -size % multiple
    scaled = ((image.astype(np.float32) + 1000) / 1400).clip(0, 1)
    padded = np.pad(scaled, [(0, 0), (0, more), (0, more)], mode="edge")
    with torch.no_grad():
        return net(torch.tensor(padded)[:, None])[:, :, :size, :size]


def test_the_logged_loss_is_that_of_the_slices_own_pixels(trained, cohort):
    """Of the test set, whose cases have one size each, in batches in order."""
    which, net, logged = trained
    losses, dscs = [], []
    for name in cohort.names[4:]:
        image, mask = (np.asarray(array[:]) for array in open_arrays(cohort.store, name))
        for first in range(0, len(image), BATCH):
            part = slice(first, first + BATCH)
            logits = by_hand(net, image[part], MULTIPLE[which])
            target = torch.tensor(mask[part])[:, None].float()
            cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, target)
            loss = cross_entropy / 3 - soft_dsc(logits, target) / 3
            losses += [loss.item()] * len(target)
            for y, t in zip(logits >= 0, target.bool(), strict=True):
                if t.any():
                    dscs.append((2 * (y & t).sum() / (y.sum() + t.sum())).item())
    assert logged["test/loss"] == pytest.approx(np.mean(losses), abs=1e-6)
    assert logged["test/dsc"] == pytest.approx(np.mean(dscs), abs=1e-6)
