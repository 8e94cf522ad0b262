"""The hardest slices twice."""

from __future__ import annotations

import numpy as np

from lungseg.arguments.sampling import check_hard
from lungseg.data.sampling.draw import by_group, generator_of, shuffled
from lungseg.data.sampling.sampling import Sampling, TrainingSlices


class Hard(Sampling):
    """Slices about which the network was most wrong occur twice, and as many others not at all.

    The others are drawn anew in each epoch from all that are not hard, not from the easiest: a
    slice that was never shown again would count as easy for ever. In the first epoch every slice
    occurs once.

    Args:
        share: Of slices that count as hard.

    Raises:
        ValueError: If the share is not a number above 0 and up to 0.5.
    """

    follows_errors = True

    def __init__(self, share: float = 0.25) -> None:
        check_hard(share)
        self._share = share

    def order(self, epoch: int, seed: int, slices: TrainingSlices) -> list[int]:
        """See :class:`Sampling`."""
        generator = generator_of(seed, epoch)
        unknown = np.isnan(slices.errors)
        # What was not shown yet comes first.
        ranks = np.empty(len(slices), dtype=int)
        ranks[np.argsort(-np.where(unknown, np.inf, slices.errors), kind="stable")] = np.arange(
            len(slices)
        )

        def choose(items: list[int]) -> list[int]:
            if unknown.all():
                return items
            by_error = sorted(items, key=ranks.__getitem__)
            n = int(self._share * len(items))
            hard, rest = by_error[:n], by_error[n:]
            return 2 * hard + shuffled(rest, generator)[: len(rest) - n]

        return by_group(slices.sizes, choose, generator)
