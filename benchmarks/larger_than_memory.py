"""Training on cases that are read each time, compared with cases kept in memory.

Synthetic patients of 512x512 slices; an epoch is all training slices in batches of 3, with the
steps of the optimizer, and all test slices. The arms take turns within each round, so that noise of
the machine hits all of them, and the first epoch, in which workers start and cases are opened, is
not timed. The bucket is of moto, a Python server on the same processor; what it takes is included.

Memory is that of all processes (proportional set size, so that shared pages count once) while two
workers read cohorts of 50 and 200 cases.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.training import PRECISION, prepared, step
from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.store import attributes, case_path, write_case
from lungseg.losses import ComboLoss
from lungseg.models.unet import UNet
from lungseg.phantom.cases import make_case
from lungseg.volume import Volume

SIZE, SLICES, BATCH = 512, 12, 3
TRAINED, TESTED = 2, 1
ROUNDS = 3
SMALL = partial(UNet, base_channels=4, depth=1)
NETWORKS = {"a U-Net of 4 channels": SMALL, "the report's U-Net": UNet}
MANY = (50, 200)
PASSES = 2
SERVER = "benchmarks.bucket"


def write_cohort(store: Path, n_cases: int) -> Cohort:
    """One synthetic patient under several names; its files are links to the first one's."""
    made = make_case(0, size=SIZE, n_slices=SLICES)
    case = Case(
        name="Case_000",
        volume=Volume(made.image, np.diag([*made.spacing, 1.0])),
        mask=made.mask,
        header={"synthetic": True},
        audit={"findings": []},
        source_sha256="",
    )
    write_case(store, case, "")
    for k in range(1, n_cases):
        copy = case_path(store, f"Case_{k:03d}")
        shutil.copytree(case_path(store, case.name), copy, copy_function=os.link)
    return opened(str(store), n_cases)


def opened(store: str, n_cases: int) -> Cohort:
    """The cohort of a store, by its address."""
    names = [f"Case_{k:03d}" for k in range(n_cases)]
    return Cohort(store, {name: attributes(store, name) or {} for name in names})


def data_module(cohort: Cohort, sets: dict[str, list[str]], workers: int, cache: bool) -> Any:
    data = SliceDataModule(
        cohort,
        sets,
        NetworkInput(Window(-1000, 400)),
        batch_size=BATCH,
        num_workers=workers,
        cache_gib=4 if cache else 0,
        seed=0,
    )
    data.setup("fit")
    return data


@dataclass
class Arm:
    """Loaders that last, as in a training, and the times of their epochs (s)."""

    data: SliceDataModule

    def __post_init__(self) -> None:
        self.train = self.data.train_dataloader()
        (self.test,) = self.data.val_dataloader()
        self.seconds: list[float] = []

    def epoch(self, network: Any) -> float:
        """Seconds of one epoch; the same weights at its start in every arm."""
        torch.manual_seed(0)
        net = network().to(memory_format=torch.channels_last)
        optimizer, loss = torch.optim.SGD(net.parameters(), lr=0.1), ComboLoss()
        bf16 = PRECISION == "bf16-mixed"
        start = time.perf_counter()
        for batch in self.train:
            step(net, loss, optimizer, prepared(self.data, batch, True), bf16)
        net.eval()
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            for batch in self.test:
                batch = prepared(self.data, batch, True)
                loss(net(batch["image"]), batch["mask"])
        return time.perf_counter() - start


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """The URL of a bucket with a copy of a store, on this machine."""
    server = subprocess.Popen(
        [sys.executable, "-m", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        os.environ |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        os.environ["AWS_ENDPOINT_URL"] = address
        import fsspec

        files = fsspec.filesystem("s3")
        files.mkdir("scans")
        files.put(str(folder), "scans/store", recursive=True)
        yield "s3://scans/store"
    finally:
        server.communicate()  # its input ends, and so does it


def compare(arms: dict[str, Arm]) -> None:
    """Print the time of each arm's epoch and its ratio to the first one's."""
    for arm in arms.values():
        arm.epoch(SMALL)
    for name, network in NETWORKS.items():
        for arm in arms.values():
            arm.seconds.clear()
        for _ in range(ROUNDS):
            for arm in arms.values():
                arm.seconds.append(arm.epoch(network))
        kept = next(iter(arms.values())).seconds
        n = len(next(iter(arms.values())).train)
        print(
            f"epoch of {name}, {n} steps of {BATCH} slices of {SIZE}x{SIZE},"
            f" {torch.get_num_threads()} threads ({PRECISION}):"
        )
        for what, arm in arms.items():
            ratio = statistics.median(a / b for a, b in zip(arm.seconds, kept, strict=True))
            print(
                f"  {what}: {statistics.median(arm.seconds):.2f} s, ratio {ratio:.2f}", flush=True
            )


def peak_mib(store: str, n_cases: int) -> float:
    """Largest memory of this process and its workers (MiB) while they read all slices."""
    import psutil

    cohort = opened(store, n_cases)
    data = data_module(cohort, {"train": cohort.names}, workers=2, cache=False)
    loader, own, peak = data.train_dataloader(), psutil.Process(), 0
    for _ in range(PASSES):
        for k, _ in enumerate(loader):
            if k % 20 == 0:
                processes = [own, *own.children(recursive=True)]
                peak = max(peak, sum(one.memory_full_info().pss for one in processes))
    return peak / (1 << 20)


def measured_mib(store: str, n_cases: int) -> float:
    """:func:`peak_mib` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.larger_than_memory", store, str(n_cases)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(json.loads(done.stdout))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cohort = write_cohort(folder / "store", TRAINED + TESTED)
        sets = {"train": cohort.names[:TRAINED], "test": cohort.names[TRAINED:]}
        with bucket(folder / "store") as url:
            far = opened(url, TRAINED + TESTED)
            arms = {"in memory": data_module(cohort, sets, 0, cache=True)}
            for n in range(3):
                arms[f"from disk, {n} workers"] = data_module(cohort, sets, n, cache=False)
            arms["from a bucket, 2 workers"] = data_module(far, sets, 2, cache=False)
            compare({what: Arm(data) for what, data in arms.items()})
        write_cohort(folder / "many", max(MANY))
        few, many = (measured_mib(str(folder / "many"), n) for n in MANY)
        print(
            f"memory of a process and its two workers that read {MANY[0]} cases {few:,.0f} MiB,"
            f" {MANY[1]} cases {many:,.0f} MiB"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(peak_mib(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
