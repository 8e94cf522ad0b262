"""The numbers of masks that are there already, without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.cohort import Cohort
from lungseg.data.store import open_arrays, open_sides
from lungseg.evaluation.flipped import better_flip
from lungseg.evaluation.whole_cases import Slice, table_of
from lungseg.metrics.cases import CaseScore
from lungseg.metrics.stream import CaseStream
from lungseg.sources.predicted.read import CaseMask
from lungseg.volume import Volume

Read = Callable[[str, Volume], CaseMask]
"""The mask of a case by its name, on its image's grid."""


@dataclass(frozen=True)
class MaskScores:
    """Counts and scores of masks.

    Attributes:
        table: One row per slice: case (position in the cohort), z, tp, fp, fn, tn.
        cases: Numbers of each case in 3-D, by its position.
        worst: The case with the largest HD95, and its surfaces; None where that is undefined.
        histogram: Counts of scores, as of :class:`lungseg.metrics.histogram.ScoreHistogram`; None
            unless all masks came as probabilities.
        thresholded: Whether any mask depends on the threshold.
        flips: By name of the case, what a flip would do to a mask that does not fit.
    """

    table: NDArray[np.int64]
    cases: dict[int, dict[str, Any]]
    worst: tuple[int, CaseScore] | None
    histogram: NDArray[np.int64] | None = None
    thresholded: bool = False
    flips: dict[str, str] = field(default_factory=dict)


def score_masks(
    cohort: Cohort,
    names: Sequence[str],
    read: Read,
    take: Callable[[Slice], object] = lambda one: None,
) -> MaskScores:
    """Compare masks with the references of their cases, as an evaluation compares predictions.

    Args:
        cohort: All prepared cases.
        names: Of those to score.
        read: Returns their masks.
        take: Given each slice, case by case from the feet up.
    """
    everyone = cohort.names
    cases = list(cohort.cases.values())
    stream = CaseStream(
        [case["fingerprint"]["n_slices"] for case in cases],
        [tuple(case["spacing_mm"]) for case in cases],
        lambda case: open_sides(cohort.store, everyone[case]),
    )
    rows: list[tuple[int, ...]] = []
    flips = {}
    probabilities = _Probabilities()
    for name in names:
        case = everyone.index(name)
        stored: Any = open_arrays(cohort.store, name)[1]
        reference: NDArray[np.bool_] = stored[:] != 0
        # Its voxels are not needed: a broadcast array takes no memory.
        grid = np.broadcast_to(np.int16(0), reference.shape)
        found = read(name, Volume(grid, np.array(cohort.cases[name]["affine"])))
        for z, (prediction, actual) in enumerate(zip(found.mask, reference, strict=True)):
            one = Slice(case, z, prediction, actual)
            rows.append(one.counts())
            stream.add(case, prediction, actual)
            take(one)
        probabilities.add(found, reference)
        if line := better_flip(found.mask, reference):
            flips[name] = line
    return MaskScores(
        table_of(rows),
        stream.numbers(),
        stream.worst(),
        probabilities.histogram(),
        probabilities.graded,
        flips,
    )


class _Probabilities:
    """Scores of all cases, as long as all have any."""

    def __init__(self) -> None:
        self._counts: Any = None
        self._all = True
        self.graded = False

    def add(self, found: CaseMask, reference: NDArray[np.bool_]) -> None:
        """Add a case, slice by slice."""
        self.graded |= found.graded
        self._all &= found.probability is not None
        if not self._all or found.probability is None:
            return
        import torch
        from scipy.special import logit

        from lungseg.metrics.histogram import ScoreHistogram

        if self._counts is None:
            self._counts = ScoreHistogram()
        for scores, actual in zip(logit(found.probability), reference, strict=True):
            self._counts.update(torch.as_tensor(scores), torch.as_tensor(actual))

    def histogram(self) -> NDArray[np.int64] | None:
        """None where a mask had none, or there are only masks stored as floats."""
        if not self._all or not self.graded:
            return None
        counts: NDArray[np.int64] = self._counts.compute().numpy()
        return counts
