"""Training step of ``experiment=strong`` against a loop of MONAI's, and the share of augmentation.

Both have the same network, loss, optimizer, batches and kinds of augmentation, and cached cases.
MONAI's loop is that of its tutorials: dictionary transforms, CacheDataset, its DataLoader; in bf16
as ours, and in fp32 as the tutorials have it. Ours is all that ``lungseg train`` does in a step,
the exact counts and the moving average of weights included.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import hydra
import numpy as np
import pytorch_lightning as pl
import torch
from omegaconf import DictConfig

from benchmarks.monai_loop import monai_loader, monai_step
from lungseg.config import build, conf_dir, register_resolvers
from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.store import write_case
from lungseg.training import setup
from lungseg.training.device import resolve_precision
from lungseg.volume import Volume

HEIGHT, WIDTH, SIDE = 288, 512, 512
N_SLICES, BATCH = 15, 3
ROUNDS = 3
STEPS = N_SLICES // BATCH - 1  # per round; the first step of each warms up
PRECISION = resolve_precision("auto", "cpu")


class Seconds(NamedTuple):
    """By the clock, and of this process on all cores, which other processes do not lengthen."""

    wall: float
    process: float


def now() -> Seconds:
    return Seconds(time.perf_counter(), time.process_time())


def between(start: Seconds, stop: Seconds) -> Seconds:
    return Seconds(stop.wall - start.wall, stop.process - start.process)


def median(times: list[Seconds]) -> Seconds:
    return Seconds(*(statistics.median(column) for column in zip(*times, strict=True)))


def cohort(store: Path) -> Cohort:
    """One case of noise, whose body is cropped to the size that is measured."""
    y, x = (axis - (SIDE - 1) / 2 for axis in np.ogrid[:SIDE, :SIDE])
    body = (2 * y / (HEIGHT - 16)) ** 2 + (2 * x / (WIDTH - 8)) ** 2 < 1
    lungs = (4 * y / HEIGHT) ** 2 + ((8 * abs(x) - 2 * WIDTH) / WIDTH) ** 2 < 1
    noise = np.random.default_rng(0).normal(0, 20, (N_SLICES, SIDE, SIDE))
    voxels = (np.where(lungs, -850, np.where(body, 40, -1000)) + noise).astype(np.int16)
    case = Case(
        name="train",
        volume=Volume(voxels, np.diag([3.0, 512 / SIDE, 512 / SIDE, 1])),
        mask=np.broadcast_to(lungs, voxels.shape).astype(np.uint8),
        header={"synthetic": True},
        audit={"findings": []},
        source_sha256="",
    )
    return Cohort(str(store), {"train": write_case(store, case, "")})


def configuration() -> DictConfig:
    register_resolvers()
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return hydra.compose(
            "train",
            [
                *("experiment=strong", f"data.batch_size={BATCH}", "trainer.max_epochs=1"),
                *("trainer.accelerator=cpu", "+trainer.limit_val_batches=0"),
            ],
        )


class StepClock(pl.Callback):
    """Measures from the end of one training step to the end of the next, loading included."""

    def __init__(self) -> None:
        self.ends: list[Seconds] = []

    def on_train_batch_end(self, *_: Any) -> None:
        self.ends.append(now())


def our_steps(config: DictConfig, data: Any, folder: Path) -> list[Seconds]:
    """Steps of an epoch by the Trainer of ``lungseg train``."""
    parts = setup.build_parts(config)
    module = setup.build_module(config, parts, list(data.datasets), {"seed": 0})
    clock = StepClock()
    trainer = setup.build_trainer(config, folder, None, [clock], selects=False)
    trainer.fit(module, data)
    return [between(*ends) for ends in pairwise(clock.ends)]


def monai_steps(config: DictConfig, loader: Any, bf16: bool) -> list[Seconds]:
    """Steps of an epoch by MONAI's tutorials."""
    torch.manual_seed(0)
    net, loss = build(config.model, "model"), build(config.loss, "loss")
    optimizer = build(config.optimizer, "optimizer")(net.parameters())
    net.train()
    ends = []
    for batch in loader:
        monai_step(net, loss, optimizer, batch, bf16)
        ends.append(now())
    return [between(*pair) for pair in pairwise(ends)]


def augmentations(parts: dict[str, Any], batches: Iterator[dict[str, Any]]) -> list[Seconds]:
    """What augmentation adds to each batch: the time with it minus that without."""
    added = []
    for number, batch in enumerate(batches):
        image, mask, network_input = batch["image"], batch["mask"], parts["input"]
        keys = [(0, 0, number, 0, z) for z in batch["z"].tolist()]
        start = now()
        augmented, _ = network_input.augmented(image, mask, parts["augment"], keys)
        augmented.contiguous(memory_format=torch.channels_last)
        middle = now()
        network_input(image).contiguous(memory_format=torch.channels_last)
        more, less = between(start, middle), between(middle, now())
        added.append(between(less, more))
    return added[1:]  # the first warms up


def main() -> None:
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.ERROR)
    ours, bf16, fp32, added = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        config = configuration()
        parts = setup.build_parts(config)
        data = SliceDataModule(
            cohort(Path(folder) / "store"),
            {"train": ["train"]},
            parts["input"],
            batch_size=BATCH,
            num_workers=0,
            cache_gib=4,
            seed=0,
            augment=parts["augment"],
        )
        data.setup("fit")
        loader = monai_loader(data.datasets["train"], parts["augment"], config.intensity, BATCH)
        for _ in range(ROUNDS):
            ours += our_steps(config, data, Path(folder) / "run")
            bf16 += monai_steps(config, loader, PRECISION == "bf16-mixed")
            fp32 += monai_steps(config, loader, False)
            added += augmentations(parts, iter(data.train_dataloader()))
    step = median(ours)
    size = "x".join(map(str, data.datasets["train"][0]["image"].shape))
    print(
        f"train step of strong, {size}, batch {BATCH}, {ROUNDS * STEPS} steps:"
        f" ours ({PRECISION}) {step.wall:.2f} s, process {step.process:.2f} s"
    )
    for name, times in ((PRECISION, median(bf16)), ("fp32", median(fp32))):
        print(
            f"  MONAI's loop ({name}) {times.wall:.2f} s: ratio {times.wall / step.wall:.2f};"
            f" process {times.process:.2f} s: ratio {times.process / step.process:.2f}"
        )
    augmentation = median(added)
    print(
        f"  augmentation {augmentation.wall:.3f} s: {augmentation.wall / step.wall:.1%} of it;"
        f" process {augmentation.process:.3f} s: {augmentation.process / step.process:.1%}"
    )


if __name__ == "__main__":
    main()
