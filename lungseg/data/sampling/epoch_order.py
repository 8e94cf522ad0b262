"""A sampling as torch's loaders take it."""

from __future__ import annotations

from collections.abc import Iterator

from torch.utils.data import Sampler

from lungseg.data.sampling.sampling import Sampling, TrainingSlices


class EpochOrder(Sampler[int]):
    """The slices of one epoch after another.

    Args:
        sampling: Chooses them.
        slices: Of which it chooses.
        seed: Of the run.

    Attributes:
        epoch: Whose order comes next.
    """

    def __init__(self, sampling: Sampling, slices: TrainingSlices, seed: int) -> None:
        self._sampling, self._slices, self._seed = sampling, slices, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        return iter(self._sampling.order(self.epoch, self._seed, self._slices))

    def __len__(self) -> int:
        return len(self._slices)
