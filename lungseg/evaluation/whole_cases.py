"""Masks of whole cases, post-processed before they are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.inference.postprocess import Postprocess
from lungseg.metrics.table import COLUMNS

if TYPE_CHECKING:
    from torch import Tensor

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Slice:
    """One evaluated slice.

    Attributes:
        case: Position in the cohort.
        z: 0 is nearest the feet.
        prediction: ``[y, x]``.
        reference: ``[y, x]``.
        image: ``[y, x]``, 0 to 1, where a picture of the slice is wanted.
    """

    case: int
    z: int
    prediction: Mask
    reference: Mask
    image: NDArray[np.float32] | None = None

    def counts(self) -> tuple[int, ...]:
        """A row of the table of counts: case, z, tp, fp, fn, tn."""
        tp = int(np.count_nonzero(self.prediction & self.reference))
        fp = int(np.count_nonzero(self.prediction)) - tp
        fn = int(np.count_nonzero(self.reference)) - tp
        return self.case, self.z, tp, fp, fn, self.prediction.size - tp - fp - fn


def slices_in(batch: Mapping[str, Any], predictions: Tensor) -> list[Slice]:
    """The slices of a batch that was made for evaluation, in order.

    Args:
        batch: With ``mask``, ``case`` and ``z``.
        predictions: Bool ``[B, 1, y, x]``, on the cases' own grid.
    """
    masks = predictions[:, 0].cpu().numpy()
    references = batch["mask"][:, 0].bool().cpu().numpy()
    keys = zip(batch["case"].tolist(), batch["z"].tolist(), strict=True)
    return [Slice(case, z, masks[k], references[k]) for k, (case, z) in enumerate(keys)]


class WholeCases:
    """Collects slices until a case is complete, and post-processes its mask in 3-D.

    Args:
        n_slices: Slices of each case, by its position.
        spacing: Distance between voxel centres ``(z, y, x)`` of each case, mm.
        postprocess: From the mask to lungs.
        done: Takes each slice of a complete case, in order.
    """

    def __init__(
        self,
        n_slices: Sequence[int],
        spacing: Sequence[Sequence[float]],
        postprocess: Postprocess,
        done: Callable[[Slice], object],
    ) -> None:
        self._n_slices = n_slices
        self._spacing = spacing
        self._postprocess = postprocess
        self._done = done
        self._slices: list[Slice] = []
        self._rows: list[tuple[int, ...]] = []

    def add(self, one: Slice) -> None:
        """Add the next slice; an incomplete other case is dropped."""
        if self._slices and self._slices[0].case != one.case:
            self._slices = []
        self._slices.append(one)
        if len(self._slices) < self._n_slices[one.case]:
            return
        mask = np.stack([each.prediction for each in self._slices])
        lungs = self._postprocess(mask, self._spacing[one.case])
        for each, prediction in zip(self._slices, lungs, strict=True):
            final = replace(each, prediction=prediction)
            self._rows.append(final.counts())
            self._done(final)
        self._slices = []

    def rows(self) -> list[tuple[int, ...]]:
        """Counts of all complete cases, as of :class:`lungseg.metrics.counts.SliceCounts`."""
        return self._rows


def table_of(rows: Sequence[Sequence[Any]]) -> NDArray[np.int64]:
    """Rows of counts as the table ``[n, 6]``, sorted by case and z."""
    return np.array(sorted(map(tuple, rows)), np.int64).reshape(-1, len(COLUMNS))
