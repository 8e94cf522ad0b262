"""Slices as each member of an ensemble sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch.utils.data import DataLoader

from lungseg.data.batches import SharedBatches, deal_cases, runs
from lungseg.data.cohort import Cohort
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.dataset import SliceDataset
from lungseg.data.intensity.window import PICTURES
from lungseg.data.network_input import NetworkInput
from lungseg.data.outlines import Outline

SET = "test"
SEEN = "seen"
"""Key of a batch: channels and frame of its slices, by the geometry of a member's input."""


class EnsembleDataset(SliceDataset):
    """Slices as they are, and in batches also as networks with other inputs see them.

    Args:
        cohort: All prepared cases.
        cases: Names of those to use.
        plain: Input of a network that sees slices as they are.
        others: Datasets of the same cases for other inputs, by geometry.
    """

    def __init__(
        self,
        cohort: Cohort,
        cases: list[str],
        plain: NetworkInput,
        others: Mapping[str, SliceDataset],
    ) -> None:
        super().__init__(cohort, cases, plain, {})
        self.plain = plain
        self.others = others
        self._items = {key: item for item, key in enumerate(self.index)}

    def batch(self, samples: list[dict[str, Any]]) -> dict[str, Any]:
        """As for one network, with ``seen``: ``image`` and ``frame`` by geometry."""
        collated = super().batch(samples)
        seen = {self.plain.geometry: collated}
        items = [self._items[one["case"], one["z"]] for one in samples]
        for geometry, other in self.others.items():
            seen[geometry] = other.batch(other.__getitems__(items))
        kept = {key: {name: one[name] for name in ("image", "frame")} for key, one in seen.items()}
        return {**collated, SEEN: kept}


class EnsembleData(SliceDataModule):
    """Feeds the slices of some cases to networks whose inputs may differ.

    Args:
        cohort: All prepared cases.
        cases: Names of those to evaluate.
        inputs: Of the members.
        batch_size: Slices per batch (in each process), at most.
        num_workers: Processes that load slices.

    Raises:
        DataError: As for :class:`lungseg.data.datamodule.SliceDataModule`, for any of the inputs.
    """

    def __init__(
        self,
        cohort: Cohort,
        cases: list[str],
        inputs: Sequence[NetworkInput],
        *,
        batch_size: int,
        num_workers: int,
    ) -> None:
        plain = NetworkInput(PICTURES)
        super().__init__(
            cohort,
            {SET: cases},
            plain,
            batch_size=batch_size,
            num_workers=num_workers,
            cache_gib=0,
            seed=0,
        )
        others: dict[str, SliceDataset] = {}
        for one in inputs:
            if not one.plain and one.geometry not in others:
                outlines: dict[str, Outline] = one.outlines(cohort, cases)
                others[one.geometry] = SliceDataset(cohort, cases, one, outlines).evaluated()
        self._slices = EnsembleDataset(cohort, cases, plain, others)
        self.datasets = {SET: self._slices}

    def test_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """As for one network; a batch contains slices that each network sees at one size."""
        datasets = [self._slices, *self._slices.others.values()]
        frames = list(zip(*(dataset.frames for dataset in datasets), strict=True))
        mine = deal_cases(self._slices.index, *self._rank())
        batches = SharedBatches(mine, runs(frames), self._batch_size)
        return [self._loader(self._slices.evaluated(), batches)]
