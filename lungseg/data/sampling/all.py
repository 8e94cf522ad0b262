"""Every slice once per epoch."""

from __future__ import annotations

from lungseg.data.sampling.draw import generator_of, shuffled
from lungseg.data.sampling.sampling import Sampling, TrainingSlices


class All(Sampling):
    """Every slice once, in a random order: that of torch's ``DistributedSampler``."""

    def order(self, epoch: int, seed: int, slices: TrainingSlices) -> list[int]:
        """See :class:`Sampling`."""
        return shuffled(range(len(slices)), generator_of(seed, epoch))
