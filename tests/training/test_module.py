"""What is logged is what was counted, and a resumed run is the same run."""

import math
from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.errors import ConfigError
from lungseg.losses import ComboLoss
from lungseg.models.unet import UNet
from lungseg.sources.lctsc import LctscFolder
from lungseg.splits import Explicit
from lungseg.training.checkpoints import checkpoints
from lungseg.training.history import History
from lungseg.training.module import SegmentationModule

EPOCHS = 3
SCHEDULERS = {
    "none": {},
    "cosine": {
        "scheduler": partial(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=EPOCHS),
        "interval": "epoch",
    },
    "onecycle": {
        "scheduler": partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=0.1, cycle_momentum=False),
        "interval": "step",
        "steps_as": "total_steps",
    },
    "plateau": {
        "scheduler": partial(torch.optim.lr_scheduler.ReduceLROnPlateau, patience=0, threshold=1e3),
        "interval": "epoch",
        "monitor": "train/loss",
    },
}


@pytest.fixture(scope="module")
def cohort(phantom_root, tmp_path_factory):
    return prepare(LctscFolder(phantom_root), tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def split(cohort):
    return Explicit(test=["Case_002"], val=["Case_003"], train=["Case_000"])(cohort)


class WithDropout(UNet):
    """Random layers too must come out the same after a resume."""

    def forward(self, image):
        return super().forward(torch.nn.functional.dropout(image, 0.1, self.training))


class Killed(Exception):
    pass


class KillAt(pl.Callback):
    """Stops in the middle of an epoch, as a killed process does: nothing is saved on the way out."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        if trainer.current_epoch == self.epoch and batch_idx == 1:
            raise Killed


def make(
    cohort, split, folder, scheduler="none", callbacks=(), epochs=EPOCHS, workers=0, select=True
):
    torch.manual_seed(0)
    data = SliceDataModule(
        cohort,
        split.sets(),
        NetworkInput(Window(-1000, 400)),
        batch_size=4,
        num_workers=workers,
        cache_gib=1,
        seed=3,
    )
    module = SegmentationModule(
        WithDropout(depth=2, base_channels=4),
        ComboLoss(),
        partial(torch.optim.SGD, lr=0.1, momentum=0.9),
        SCHEDULERS[scheduler],
        sets=list(data.datasets),
        record={"seed": 3},
    )
    history = History(folder / "metrics.csv")
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        callbacks=[
            *callbacks,
            history,
            *checkpoints(
                dirpath=folder / "checkpoints", monitor="val/loss", mode="min", select=select
            ),
        ],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    return trainer, module, data, history


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


@pytest.mark.parametrize(
    ("scheduler", "workers"), [*((name, 0) for name in SCHEDULERS), ("cosine", 1)]
)
def test_a_resumed_run_ends_with_the_same_weights_bit_for_bit(
    cohort, split, scheduler, workers, tmp_path
):
    settings = {"scheduler": scheduler, "workers": workers}
    trainer, module, data, whole = make(cohort, split, tmp_path / "whole", **settings)
    (tmp_path / "whole").mkdir()
    trainer.fit(module, data)
    unbroken = weights(module)

    folder = tmp_path / "broken"
    folder.mkdir()
    trainer, module, data, _ = make(cohort, split, folder, callbacks=[KillAt(epoch=2)], **settings)
    with pytest.raises(Killed):
        trainer.fit(module, data)
    trainer, module, data, resumed = make(cohort, split, folder, **settings)
    torch.manual_seed(99)
    trainer.fit(module, data, ckpt_path=folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert all(torch.equal(unbroken[name], value) for name, value in weights(module).items())
    timeless = [
        [{k: v for k, v in row.items() if "second" not in k} for row in history.rows]
        for history in (whole, resumed)
    ]
    assert timeless[0] == timeless[1]
    rates = [row["lr"] for row in whole.rows]
    assert (len(set(rates)) > 1) == (scheduler != "none")  # the schedule did something


def test_logged_numbers_equal_a_plain_pass_over_the_slices(cohort, split, tmp_path):
    """The test row of the last epoch, computed again by hand from the saved weights."""
    trainer, module, data, history = make(cohort, split, tmp_path, epochs=1)
    trainer.fit(module, data)
    module.eval()
    dscs, accuracies = [], []
    dataset = data.datasets["test"]
    for sample in dataset:
        hu = sample["image"].float()
        image = ((hu + 1000) / 1400).clamp(0, 1).unsqueeze(0)
        with torch.no_grad():
            p = torch.sigmoid(module.net(image))[0, 0].double().numpy()
        t = sample["mask"][0].numpy().astype(bool)
        y = p >= 0.5
        accuracies.append((y == t).mean())
        if t.any():
            dscs.append(2 * (y & t).sum() / (y.sum() + t.sum()))
    row = history.rows[-1]
    assert row["test/accuracy"] == pytest.approx(np.mean(accuracies), abs=1e-6)
    assert row["test/dsc"] == pytest.approx(np.mean(dscs), abs=1e-4)


def test_metrics_csv_has_a_row_an_epoch_in_the_contracts_columns(cohort, split, tmp_path):
    trainer, module, data, _ = make(cohort, split, tmp_path, epochs=2)
    trainer.fit(module, data)
    header, *rows = (tmp_path / "metrics.csv").read_text().splitlines()
    assert header.split(",")[:10] == [
        "epoch",
        *(
            f"{name}/{what}"
            for name in ("train", "test", "val")
            for what in ("loss", "accuracy", "dsc")
        ),
    ]
    assert header.split(",")[10:] == ["lr", "epoch_seconds", "slices_per_second"]
    assert [row.split(",")[0] for row in rows] == ["0", "1"]
    assert not list(tmp_path.glob("*.part"))


def test_best_is_chosen_by_validation_loss_and_last_is_last(cohort, split, tmp_path):
    trainer, module, data, history = make(cohort, split, tmp_path)
    trainer.fit(module, data)
    best = torch.load(tmp_path / "checkpoints" / "best.ckpt", weights_only=True)
    last = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    losses = [row["val/loss"] for row in history.rows]
    assert best["epoch"] == int(np.argmin(losses))
    assert last["epoch"] == EPOCHS - 1
    assert {file.name for file in (tmp_path / "checkpoints").iterdir()} == {
        "best.ckpt",
        "last.ckpt",
    }


def test_without_a_validation_set_nothing_is_chosen(cohort, tmp_path):
    split = Explicit(test=["Case_002"], train=["Case_000"])(cohort)
    trainer, module, data, _ = make(cohort, split, tmp_path, epochs=1, select=False)
    trainer.fit(module, data)
    assert [file.name for file in (tmp_path / "checkpoints").iterdir()] == ["last.ckpt"]


class LastEpochs(pl.Callback):
    """Reads after each epoch which one the last checkpoint holds."""

    def __init__(self, folder):
        self.file, self.seen = folder / "checkpoints" / "last.ckpt", []

    def on_train_epoch_start(self, trainer, module):
        if trainer.current_epoch:
            self.seen.append(torch.load(self.file, weights_only=True)["epoch"])


@pytest.mark.parametrize("select", [True, False])
def test_last_is_written_after_every_epoch_also_one_that_is_not_the_best(
    cohort, split, tmp_path, select
):
    watch = LastEpochs(tmp_path)
    trainer, module, data, _ = make(
        cohort, split, tmp_path, callbacks=[watch], epochs=5, select=select
    )
    trainer.fit(module, data)
    assert watch.seen == [0, 1, 2, 3]


def test_train_counts_run_over_the_epochs_own_steps(cohort, split, tmp_path):
    trainer, module, data, _ = make(cohort, split, tmp_path, epochs=1)
    trainer.fit(module, data)
    table = module.table("train")
    assert table[:, :2].tolist() == [list(row) for row in sorted(data.datasets["train"].index)]
    assert (table[:, 2:].sum(axis=1) == 32 * 32).all()


def test_a_set_without_lung_has_no_dsc(cohort, split, tmp_path):
    _, module, _, _ = make(cohort, split, tmp_path)
    empty = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    module._counts("test").update(empty, empty, [0, 0], [0, 1])
    module._mean_loss("test").update(torch.tensor(1.0), 2)
    results = module.results("test")
    assert math.isnan(results["test/dsc"])
    assert results["test/accuracy"] == 1


@pytest.mark.parametrize(
    ("scheduler", "message"),
    [
        (torch.optim.lr_scheduler.ReduceLROnPlateau, "scheduler.monitor: ReduceLROnPlateau needs"),
        (
            partial(torch.optim.lr_scheduler.StepLR, step_size=1),
            "scheduler.monitor=val/loss: StepLR follows no number",
        ),
    ],
)
def test_the_monitor_of_a_users_factory_is_checked_too(scheduler, message):
    monitor = {"monitor": "val/loss"} if isinstance(scheduler, partial) else {}
    module = SegmentationModule(
        UNet(base_channels=2, depth=1),
        torch.nn.BCEWithLogitsLoss(),
        partial(torch.optim.SGD, lr=0.1),
        {"scheduler": scheduler, "interval": "epoch", **monitor},
        sets=["train", "test"],
    )
    with pytest.raises(ConfigError, match=f"^{message}"):
        module.configure_optimizers()
