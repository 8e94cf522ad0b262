"""As many slices without lung as with a little and with more of it."""

from __future__ import annotations

import numpy as np

from lungseg.arguments.sampling import check_balanced
from lungseg.data.sampling.draw import by_group, evenly, generator_of
from lungseg.data.sampling.sampling import Sampling, TrainingSlices


class Balanced(Sampling):
    """A third each of slices with an empty mask, with a small one and with a larger one.

    Where there are none of a kind, the others share its part. Slices of a rare kind occur several
    times per epoch, those of a frequent one not in every epoch.

    Args:
        small: A mask is small below this share of the slice's pixels.

    Raises:
        ValueError: If the share is not a number above 0 and below 1.
    """

    def __init__(self, small: float = 0.01) -> None:
        check_balanced(small)
        self._small = small

    def order(self, epoch: int, seed: int, slices: TrainingSlices) -> list[int]:
        """See :class:`Sampling`."""
        generator = generator_of(seed, epoch)
        kinds = np.where(slices.positives == 0, 0, np.where(slices.shares < self._small, 1, 2))

        def choose(items: list[int]) -> list[int]:
            of_kind = [[item for item in items if kinds[item] == kind] for kind in range(3)]
            there = [members for members in of_kind if members]
            each, more = divmod(len(items), len(there))
            return [
                item
                for k, members in enumerate(there)
                for item in evenly(members, each + (k < more), generator)
            ]

        return by_group(slices.sizes, choose, generator)
