"""A chosen share of slices with lung."""

from __future__ import annotations

from lungseg.arguments.sampling import check_foreground
from lungseg.data.sampling.draw import by_group, evenly, generator_of
from lungseg.data.sampling.sampling import Sampling, TrainingSlices


class Foreground(Sampling):
    """A share of an epoch's slices has lung, whatever the share among all slices is.

    Where all slices have lung, or none has, every slice occurs once.

    Args:
        share: Of slices whose mask is not empty; 1 leaves out all others.

    Raises:
        ValueError: If the share is not a number from 0 to 1.
    """

    def __init__(self, share: float = 0.9) -> None:
        check_foreground(share)
        self._share = share

    def order(self, epoch: int, seed: int, slices: TrainingSlices) -> list[int]:
        """See :class:`Sampling`."""
        generator = generator_of(seed, epoch)
        has_lung = slices.positives > 0

        def choose(items: list[int]) -> list[int]:
            lung = [item for item in items if has_lung[item]]
            empty = [item for item in items if not has_lung[item]]
            if not lung or not empty:
                return items
            n = round(self._share * len(items))
            return evenly(lung, n, generator) + evenly(empty, len(items) - n, generator)

        return by_group(slices.sizes, choose, generator)
