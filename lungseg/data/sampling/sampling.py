"""What every sampling does, and what it may know of the training slices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


class TrainingSlices:
    """What is known of the training slices, one entry per slice.

    Args:
        sizes: Height and width that the network sees, by which batches are made.
        count: Counts the pixels of each mask; called once, and only if a sampling asks for them.
        own_sizes: Height and width of the masks, where the network sees another size.

    Attributes:
        errors: How wrong the network was about each slice when it last trained on it, from 0 to 1
            (:func:`lungseg.data.sampling.errors.errors_of`); nan until then.
    """

    def __init__(
        self,
        sizes: Sequence[tuple[int, ...]],
        count: Callable[[], NDArray[np.int64]],
        own_sizes: Sequence[tuple[int, ...]] | None = None,
    ) -> None:
        self.sizes = sizes
        self._own_sizes = sizes if own_sizes is None else own_sizes
        self.errors = np.full(len(sizes), np.nan)
        self._count = count

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """Pixels of the mask of each slice."""
        return self._count()

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each slice's pixels that its mask has."""
        shares: NDArray[np.float64] = self.positives / np.prod(self._own_sizes, axis=1)
        return shares


class Sampling(ABC):
    """Chooses the slices of an epoch.

    The choice follows from the arguments alone, so that a resumed run and every process of several
    have the same. An epoch has as many slices of each size as there are, so that all epochs have
    the same number of batches; how often each occurs is what samplings differ in.
    """

    follows_errors: ClassVar[bool] = False
    """Whether it needs :attr:`TrainingSlices.errors`, which checkpoints then include."""

    @abstractmethod
    def order(self, epoch: int, seed: int, slices: TrainingSlices) -> list[int]:
        """Numbers of the slices of an epoch, in order.

        Args:
            epoch: From 0.
            seed: Of the run.
            slices: All there are.
        """
