"""Batches of slices from prepared cases."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import (
    DataLoader,
    Dataset,
    DistributedSampler,
    Sampler,
    SequentialSampler,
    default_collate,
)

from lungseg.data import store as stores
from lungseg.data.batches import SharedBatches, deal_cases, runs
from lungseg.data.cohort import Cohort
from lungseg.data.memory import forget_others, kept

GIB = 1 << 30


class SliceDataset(Dataset[dict[str, Any]]):
    """Axial slices of some cases, one per sample.

    A sample contains ``image`` (int16 HU ``[1, y, x]``), ``mask`` (uint8 ``[1, y, x]``), ``case``
    (position in the cohort) and ``z`` (0 is nearest the feet).

    Args:
        cohort: All prepared cases.
        cases: Names of those to use.
        cache: Whether to read all slices at once and keep them, or each on access.

    Attributes:
        index: Case and z of each sample.
        sizes: Height and width of each sample.
    """

    def __init__(self, cohort: Cohort, cases: list[str], *, cache: bool) -> None:
        self._store = cohort.store
        self._names = cohort.names
        self._cache = cache
        self.keys = {
            self._names.index(name): (cohort.store, name, cohort.cases[name]["content_sha256"])
            for name in cases
            if cache
        }
        self._arrays: dict[int, tuple[Any, Any]] = {}
        self.index = [
            (case, z)
            for case in map(self._names.index, cases)
            for z in range(cohort.cases[self._names[case]]["fingerprint"]["n_slices"])
        ]
        shapes = [cohort.cases[name]["fingerprint"]["shape"] for name in self._names]
        self.sizes = [tuple(shapes[case][1:]) for case, _ in self.index]

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int) -> dict[str, Any]:
        case, z = self.index[item]
        if case not in self._arrays:
            self._arrays[case] = self._open(case)
        image, mask = self._arrays[case]
        return {
            "image": torch.as_tensor(image[z]).unsqueeze(0),
            "mask": torch.as_tensor(mask[z]).unsqueeze(0),
            "case": case,
            "z": z,
        }

    def batch(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        """Collate samples; without any, return a batch of length 0."""
        if samples:
            collated: dict[str, Any] = default_collate(samples)
            return collated
        return {name: values[:0] for name, values in default_collate([self[0]]).items()}

    def load(self) -> None:
        """Read what is kept in memory, before worker processes are forked."""
        if self._cache:
            for case in dict.fromkeys(case for case, _ in self.index):
                self._arrays[case] = self._open(case)

    def _open(self, case: int) -> tuple[Any, Any]:
        if self._cache:
            return kept(self.keys[case], lambda: self._read(case))
        return stores.open_arrays(self._store, self._names[case])

    def _read(self, case: int) -> tuple[Any, Any]:
        image, mask = stores.open_arrays(self._store, self._names[case])
        return image[:], mask[:]


class SliceDataModule(pl.LightningDataModule):
    """Feeds slices by set: shuffled for training, in order for everything else.

    A batch contains slices of one size. The order in an epoch depends only on the seed and the
    epoch, so a resumed run sees the same batches as an uninterrupted one.

    Args:
        cohort: All prepared cases.
        sets: Names of the cases in each set, by name of the set.
        intensity: Maps HU to the network's input; applied to whole batches, on the training device.
        batch_size: Slices per batch (in each process), at most.
        num_workers: Processes that load slices.
        cache_gib: Keep all slices in memory when they take less than this.
        seed: Seed of the order of training slices.

    Raises:
        DataError: If a case has no mask.
    """

    def __init__(
        self,
        cohort: Cohort,
        sets: dict[str, list[str]],
        intensity: Callable[[Tensor], Tensor],
        *,
        batch_size: int,
        num_workers: int,
        cache_gib: float,
        seed: int,
    ) -> None:
        super().__init__()
        # With fewer cases than processes, some processes have none to evaluate.
        self.allow_zero_length_dataloader_with_multiple_devices = True
        self._intensity = intensity
        self._batch_size = batch_size
        self._num_workers = num_workers
        self._seed = seed
        used = [name for cases in sets.values() for name in cases]
        cohort.require_masks()
        # int16 image and uint8 mask
        bytes_needed = 3 * sum(cohort.cases[name]["fingerprint"]["n_voxels"] for name in used)
        cache = bytes_needed <= cache_gib * GIB
        self.datasets = {
            name: SliceDataset(cohort, cases, cache=cache) for name, cases in sets.items()
        }

    @property
    def eval_sets(self) -> list[str]:
        """Sets that are evaluated after each epoch, in the order of their loaders."""
        return [name for name in self.datasets if name != "train"]

    def setup(self, stage: str) -> None:
        """Load what is kept in memory, unless an earlier job has already loaded it."""
        forget_others([key for data in self.datasets.values() for key in data.keys.values()])
        for dataset in self.datasets.values():
            dataset.load()

    def train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Training slices, in a different order each epoch."""
        dataset = self.datasets["train"]
        # Torch's only sampler whose order depends on seed and epoch alone; nothing is distributed.
        sampler: DistributedSampler[Any] = DistributedSampler(
            dataset, num_replicas=1, rank=0, shuffle=True, seed=self._seed
        )
        if self.trainer:
            # Lightning sets the sampler's epoch only after workers have begun to fetch, which in a
            # resumed run would be the slices of epoch 0.
            progress: Any = self.trainer.fit_loop.epoch_progress.current
            sampler.set_epoch(progress.processed)
        return self._loader(dataset, self._shared(sampler, dataset.sizes))

    def val_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """One loader for each of :attr:`eval_sets`."""
        datasets = [self.datasets[name] for name in self.eval_sets]
        return [
            self._loader(data, self._shared(SequentialSampler(data), runs(data.sizes)))
            for data in datasets
        ]

    def test_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """One loader for each set, including the training set, all in order.

        All slices of a case go to one process, which measures its 3-D surfaces.
        """
        return [
            self._loader(
                dataset,
                SharedBatches(
                    deal_cases(dataset.index, *self._rank()), runs(dataset.sizes), self._batch_size
                ),
            )
            for dataset in self.datasets.values()
        ]

    def on_after_batch_transfer(self, batch: dict[str, Any], dataloader_idx: int) -> dict[str, Any]:
        """Convert HU to intensities on the device: int16 takes half the time to transfer."""
        image = self._intensity(batch["image"])
        return {**batch, "image": image.contiguous(memory_format=torch.channels_last)}

    def _rank(self) -> tuple[int, int]:
        """Rank of this process and number of processes."""
        trainer = self.trainer
        return (trainer.global_rank, trainer.world_size) if trainer else (0, 1)

    def _shared(self, sampler: Sampler[int], groups: Sequence[Hashable]) -> SharedBatches:
        return SharedBatches(sampler, groups, self._batch_size, *self._rank())

    def _loader(
        self, dataset: SliceDataset, batches: Sampler[list[int]]
    ) -> DataLoader[dict[str, Any]]:
        return DataLoader(
            dataset,
            batch_sampler=batches,
            collate_fn=dataset.batch,
            num_workers=self._num_workers,
            persistent_workers=self._num_workers > 0,
            pin_memory=torch.cuda.is_available(),
        )
