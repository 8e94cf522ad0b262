"""Batches of slices from prepared cases."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Sampler, SequentialSampler

from lungseg.data.batches import SharedBatches, deal_cases, runs
from lungseg.data.cohort import Cohort
from lungseg.data.dataset import SliceDataset
from lungseg.data.intensity.window import PICTURES
from lungseg.data.memory import Key, are_kept, fits, forget_others
from lungseg.data.network_input import NetworkInput
from lungseg.data.sampling.all import All
from lungseg.data.sampling.epoch_order import EpochOrder
from lungseg.data.sampling.errors import errors_of
from lungseg.data.sampling.sampling import Sampling, TrainingSlices
from lungseg.data.workers import end_at_exit, outlast_signals
from lungseg.errors import ConfigError

GIB = 1 << 30


class SliceDataModule(pl.LightningDataModule):
    """Feeds slices by set: shuffled for training, in order for everything else.

    A batch contains slices of one size. The order in an epoch depends only on the seed and the
    epoch, so a resumed run sees the same batches as an uninterrupted one. In evaluation, a batch
    also contains ``picture``, the slices themselves, 0 to 1, ``[B, 1, y, x]``.

    Args:
        cohort: All prepared cases.
        sets: Names of the cases in each set, by name of the set.
        network_input: Turns slices into input of the network; the last step, from HU to
            intensities, on whole batches and on the training device.
        batch_size: Slices per batch (in each process), at most.
        num_workers: Processes that load slices.
        cache_gib: Keep all slices in memory when they take less than this.
        on_device: Keep them on the training device as well, if they take at most half of what is
            free there; without workers, which could not share them.
        seed: Seed of the order of training slices, and of their augmentation.
        sampling: Chooses the slices of an epoch; None for every slice once.
        augment: Changes training slices at random, as :class:`lungseg.augment.augment.Augment`;
            what it does to one depends on the seed, the epoch, the batch's number and the slice.

    Attributes:
        gib: Memory for all slices, in GiB.
        cached: Whether they are kept in memory.

    Raises:
        DataError: If a case has no mask, there is no patient in one whose outline is needed, or it
            has too few slices for the context.
    """

    def __init__(
        self,
        cohort: Cohort,
        sets: dict[str, list[str]],
        network_input: NetworkInput,
        *,
        batch_size: int,
        num_workers: int,
        cache_gib: float,
        seed: int,
        on_device: bool = False,
        sampling: Sampling | None = None,
        augment: Any = None,
    ) -> None:
        super().__init__()
        self._sampling = sampling or All()
        # With fewer cases than processes, some processes have none to evaluate.
        self.allow_zero_length_dataloader_with_multiple_devices = True
        self._input = network_input
        self._batch_size = batch_size
        self._num_workers = num_workers
        self._seed = seed
        self._augment = augment
        self._place: tuple[int, int] | None = None
        used = [name for cases in sets.values() for name in cases]
        cohort.require_masks()
        outlines = network_input.outlines(cohort, used)
        self.datasets = {
            name: SliceDataset(cohort, cases, network_input, outlines)
            for name, cases in sets.items()
        }
        self.gib = sum(data.n_bytes for data in self.datasets.values()) / GIB
        self.cached = self.gib <= cache_gib
        if self.cached:
            for data in self.datasets.values():
                data.cache()
        self._all = list(self.datasets.values())
        self._wants_device = on_device and self.cached
        self._on_device = False

    def only(self, name: str) -> SliceDataModule:
        """One set alone; what is kept in memory of the others stays."""
        alone = copy.copy(self)
        alone.datasets = {name: self.datasets[name]}
        return alone

    @property
    def eval_sets(self) -> list[str]:
        """Sets that are evaluated after each epoch, in the order of their loaders."""
        return [name for name in self.datasets if name != "train"]

    @cached_property
    def training_slices(self) -> TrainingSlices:
        """What a sampling may know of the slices of the training set."""
        dataset = self.datasets["train"]
        seen, own = zip(*((frame.seen, frame.own_size) for frame in dataset.frames), strict=True)
        return TrainingSlices(seen, dataset.positives, own)

    def keep_errors(self, table: NDArray[np.int64]) -> None:
        """Tell a sampling that follows them how wrong the steps of an epoch were.

        Args:
            table: One row per slice and occurrence: case, z, tp, fp, fn, tn.
        """
        if self._sampling.follows_errors:
            items = {key: item for item, key in enumerate(self.datasets["train"].index)}
            for key, error in errors_of(table).items():
                self.training_slices.errors[items[key]] = error

    def state_dict(self) -> dict[str, Any]:
        """What the next batches follow from beside the seed, for checkpoints."""
        epoch, batches = place_of(self.trainer)
        state: dict[str, Any] = {"epoch": epoch, "batches": batches}
        if self._sampling.follows_errors:
            state["errors"] = self.training_slices.errors.tolist()
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the place and the errors of the run that is resumed.

        Raises:
            ConfigError: If it was stopped in mid-epoch, and there are several devices now: the
                batches that it has trained on would be others.
        """
        if state_dict.get("batches") and self.trainer and self.trainer.world_size > 1:
            raise ConfigError(
                "trainer.devices: the run was stopped in the middle of an epoch on one device;"
                " resume it with trainer.devices=1"
            )
        if "epoch" in state_dict:  # not in checkpoints of earlier versions
            self._place = state_dict["epoch"], state_dict["batches"]
        if "errors" in state_dict:
            self.training_slices.errors = np.array(state_dict["errors"])

    def setup(self, stage: str) -> None:
        """Load what is kept in memory, unless an earlier job has already loaded it."""
        if self._wants_device and self.trainer:
            self._wants_device = False  # asked once: later, the slices themselves fill the device
            device = self.trainer.strategy.root_device
            for dataset in self._all:
                dataset.keep_on(device)
            forget_others(self._keys)  # and what an earlier job has kept there
            gib = sum(dataset.n_seen_bytes for dataset in self._all) / GIB
            self._on_device = are_kept(self._keys) or fits(gib, device)
            for dataset in () if self._on_device else self._all:
                dataset.keep_on(None)
        forget_others(self._keys)
        for dataset in self.datasets.values():
            dataset.load()

    @property
    def _keys(self) -> set[Key]:
        return {key for dataset in self._all for key in dataset.keys}

    def train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Training slices, in a different order each epoch."""
        dataset = self.datasets["train"]
        sampler = EpochOrder(self._sampling, self.training_slices, self._seed)
        trained = (0, 0)
        if self.trainer:
            # Lightning sets the sampler's epoch only after workers have begun to fetch, and its own
            # progress only after the schedule has asked for the number of batches.
            epoch, _ = place_of(self.trainer)
            if self._place is not None:  # once: averages may pass over all of the epoch
                trained, self._place = self._place, None
                epoch, _ = trained
            sampler.set_epoch(epoch)
        return self._loader(
            dataset, self._shared(sampler, [frame.seen for frame in dataset.frames], trained)
        )

    def val_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """One loader for each of :attr:`eval_sets`."""
        datasets = [self.datasets[name].evaluated() for name in self.eval_sets]
        return [
            self._loader(data, self._shared(SequentialSampler(data), runs(data.frames)))
            for data in datasets
        ]

    def test_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """One loader for each set, including the training set, all in order.

        All slices of a case go to one process, which measures its 3-D surfaces.
        """
        return [
            self._loader(
                dataset.evaluated(),
                SharedBatches(
                    deal_cases(dataset.index, *self._rank()), runs(dataset.frames), self._batch_size
                ),
            )
            for dataset in self.datasets.values()
        ]

    def on_after_batch_transfer(self, batch: dict[str, Any], dataloader_idx: int) -> dict[str, Any]:
        """Convert HU to intensities on the device: int16 takes half the time to transfer."""
        made = dict(batch)
        if self._augment is not None and self.trainer is not None and self.trainer.training:
            # With the batch's number a slice that an epoch has several times differs each time.
            progress: Any = self.trainer.fit_loop.epoch_loop.batch_progress.current
            key = (self._seed, self.trainer.current_epoch, progress.ready)
            slices = zip(batch["case"].tolist(), batch["z"].tolist(), strict=True)
            keys = [(*key, case, z) for case, z in slices]
            image, made["mask"] = self._input.augmented(
                batch["image"], batch["mask"], self._augment, keys
            )
        else:
            image = self._input(batch["image"])
        made["image"] = image.contiguous(memory_format=torch.channels_last)
        if "slice" in batch:
            made["picture"] = PICTURES(made.pop("slice"))
        elif "target" in batch:
            made["picture"] = image[:, :1]
        return made

    def _rank(self) -> tuple[int, int]:
        """Rank of this process and number of processes."""
        trainer = self.trainer
        return (trainer.global_rank, trainer.world_size) if trainer else (0, 1)

    def _shared(
        self, sampler: Sampler[int], groups: Sequence[Hashable], trained: tuple[int, int] = (0, 0)
    ) -> SharedBatches:
        return SharedBatches(sampler, groups, self._batch_size, *self._rank(), trained)

    def _loader(
        self, dataset: SliceDataset, batches: Sampler[list[int]]
    ) -> DataLoader[dict[str, Any]]:
        if self._num_workers:
            end_at_exit()
        return DataLoader(
            dataset,
            batch_sampler=batches,
            collate_fn=dataset.batch,
            num_workers=self._num_workers,
            persistent_workers=self._num_workers > 0,
            worker_init_fn=outlast_signals,
            pin_memory=torch.cuda.is_available() and not self._on_device,
        )


def place_of(trainer: Any) -> tuple[int, int]:
    """How far a training is: the epochs that are complete, and the batches trained of the next.

    An epoch counts once it has been evaluated too.
    """
    epochs = trainer.fit_loop.epoch_progress.current
    if epochs.started == epochs.processed:  # between two
        return epochs.processed, 0
    return epochs.processed, trainer.fit_loop.epoch_loop.batch_progress.current.processed
