"""Speed of training at full size: 512x512, batch 3, the report's U-Net and loss."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from benchmarks.paired import ratios
from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.store import write_case
from lungseg.losses import ComboLoss
from lungseg.models.unet import UNet
from lungseg.training.checkpoints import checkpoints
from lungseg.training.device import resolve_precision
from lungseg.training.history import History
from lungseg.training.module import SegmentationModule
from lungseg.volume import Volume

SIZE, BATCH = 512, 3
TRAIN_SLICES, TEST_SLICES = 24, 12
ROUNDS = 3
PRECISION = resolve_precision("auto", "cpu")


def cohort(store: Path) -> Cohort:
    """Two cases of noise with a mask: the computation is the same as for any CT."""
    random = np.random.default_rng(0)
    cases = {}
    for name, n in (("train", TRAIN_SLICES), ("test", TEST_SLICES)):
        voxels = random.integers(-1000, 400, (n, SIZE, SIZE), dtype=np.int16)
        case = Case(
            name=name,
            volume=Volume(voxels, np.diag([3.0, 1, 1, 1])),
            mask=(voxels < -900).astype(np.uint8),
            header={"synthetic": True},
            audit={"findings": []},
            source_sha256="",
        )
        cases[name] = write_case(store, case, "")
    return Cohort(str(store), cases)


def data_module(cases: Cohort) -> SliceDataModule:
    sets = {"train": ["train"], "test": ["test"]}
    data = SliceDataModule(
        cases,
        sets,
        NetworkInput(Window(-1000, 400)),
        batch_size=BATCH,
        num_workers=0,
        cache_gib=4,
        seed=0,
    )
    data.setup("fit")
    return data


def step(net: Any, loss: Any, optimizer: Any, batch: dict[str, Any], bf16: bool) -> None:
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        value = loss(net(batch["image"]), batch["mask"])
    value.backward()
    optimizer.step()


def prepared(data: SliceDataModule, batch: dict[str, Any], channels_last: bool) -> dict[str, Any]:
    batch = data.on_after_batch_transfer(batch, 0)
    if not channels_last:
        batch["image"] = batch["image"].contiguous(memory_format=torch.contiguous_format)
    return batch


def bare_epoch(data: SliceDataModule, *, fast: bool, test: bool, steps: int | None = None) -> float:
    """Seconds of an epoch in a plain loop, without Trainer, counts and logs."""
    net = UNet()
    if fast:
        net = net.to(memory_format=torch.channels_last)
    bf16 = fast and PRECISION == "bf16-mixed"
    optimizer, loss = torch.optim.SGD(net.parameters(), lr=0.1), ComboLoss()
    net.train()
    warm_up = prepared(data, next(iter(data.train_dataloader())), fast)
    step(net, loss, optimizer, warm_up, bf16)
    start = time.perf_counter()
    for i, batch in enumerate(data.train_dataloader()):
        if i == steps:
            break
        step(net, loss, optimizer, prepared(data, batch, fast), bf16)
    if test:
        net.eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            for batch in data.val_dataloader()[0]:
                batch = prepared(data, batch, fast)
                loss(net(batch["image"]), batch["mask"])
    return time.perf_counter() - start


def trainer_epoch(data: SliceDataModule, folder: Path) -> tuple[float, float]:
    """Seconds of the second epoch of a run, and of one training step in it.

    The run is set up as in ``lungseg train``, including checkpoints and ``metrics.csv``.
    """
    folder.mkdir(exist_ok=True)
    history = History(folder / "metrics.csv")
    clock = EpochClock()
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=2,
        precision=PRECISION,  # type: ignore[arg-type]
        logger=False,
        callbacks=[
            clock,
            history,
            *checkpoints(dirpath=folder, monitor="val/loss", mode="min", select=False),
        ],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    module = SegmentationModule(
        UNet(), ComboLoss(), partial(torch.optim.SGD, lr=0.1), sets=["train", "test"]
    )
    trainer.fit(module, data)
    return clock.seconds, BATCH / history.rows[-1]["slices_per_second"]


class EpochClock(pl.Callback):
    """Measures the time from the start of the last epoch to the end of the run."""

    def on_train_epoch_start(self, *_: Any) -> None:
        self._start = time.perf_counter()

    def on_fit_end(self, *_: Any) -> None:
        self.seconds = time.perf_counter() - self._start


def main() -> None:
    import logging

    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        data = data_module(cohort(Path(folder) / "store"))
        steps = 4
        plain, ours, ratio = ratios(
            lambda: bare_epoch(data, fast=False, test=False, steps=steps) / steps,
            lambda: trainer_epoch(data, Path(folder) / "run")[1],
            ROUNDS,
        )
        print(
            f"train step, {SIZE}x{SIZE}, batch {BATCH}: plain fp32 {plain:.2f} s,"
            f" ours ({PRECISION}, channels-last) {ours:.2f} s: ratio {ratio:.2f}"
        )
        ours, bare, ratio = ratios(
            lambda: trainer_epoch(data, Path(folder) / "run")[0],
            lambda: bare_epoch(data, fast=True, test=True),
            ROUNDS,
        )
        print(
            f"epoch, {TRAIN_SLICES} training and {TEST_SLICES} test slices:"
            f" our Trainer {ours:.2f} s, bare loop {bare:.2f} s: ratio {ratio:.3f}"
        )


if __name__ == "__main__":
    main()
