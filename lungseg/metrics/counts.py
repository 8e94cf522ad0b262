"""SliceCounts: the pixel counts of every slice, from which all reported metrics are derived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from lungseg.metrics.table import COLUMNS

__all__ = ["COLUMNS", "SliceCounts", "slice_counts"]


def slice_counts(prediction: Tensor, target: Tensor) -> Tensor:
    r"""Count the pixels of each slice of a batch by prediction and reference.

    .. math:: TP = \sum \hat{y} y, \quad FP = \sum \hat{y} (1 - y), \quad
        FN = \sum (1 - \hat{y}) y, \quad TN = \sum (1 - \hat{y})(1 - y)

    Args:
        prediction: Predicted masks :math:`\hat{y}`, ``[B, ...]``, bool or uint8; any value but 0
            is lung.
        target: Reference masks `y`, in the same form and shape.

    Returns:
        int64 ``[B, 4]``: tp, fp, fn, tn, in pixels.

    Raises:
        ValueError: If the shapes differ or have no axis besides the batch, or for another dtype.

    Example:
        >>> slice_counts(torch.tensor([[1, 1, 0, 0]]).bool(), torch.tensor([[1, 0, 1, 0]]).bool())
        tensor([[1, 1, 1, 1]])
    """
    _validate_masks(prediction, target)
    # Sums of booleans count in int64 without a wider copy of the masks.
    predicted, reference = prediction.flatten(1).bool(), target.flatten(1).bool()
    tp = (predicted & reference).sum(1)
    fp = predicted.sum(1) - tp
    fn = reference.sum(1) - tp
    tn = predicted.shape[1] - tp - fp - fn
    return torch.stack([tp, fp, fn, tn], dim=1)


BLOCK = 1024
"""Rows per tensor."""


class SliceCounts(Metric):
    """The table of counts: one row per slice with the columns `COLUMNS`, exact int64.

    Rows of all batches and processes are concatenated, and a slice that occurs twice with the same
    counts is kept once: distributed samplers repeat samples so that each process has the same
    number, and counting them twice would bias every mean.

    Use ``update``, not ``forward``, which would also compute each batch separately.

    Args:
        repeats: Whether slices may occur several times, as in an epoch of training, each time with
            a row of its own.
        **kwargs: Of torchmetrics.

    Example:
        >>> counts = SliceCounts()
        >>> masks = torch.tensor([[[1, 1], [0, 0]], [[0, 0], [0, 0]]], dtype=torch.uint8)
        >>> counts.update(masks, masks, case=[0, 0], z=[8, 7])
        >>> counts.compute()
        tensor([[0, 7, 0, 0, 0, 4],
                [0, 8, 2, 0, 0, 2]])
    """

    full_state_update = False
    rows: list[Tensor]

    def __init__(self, *, repeats: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._repeats = repeats
        self.add_state("rows", default=[], dist_reduce_fx="cat")
        self._filled = BLOCK  # rows used in the last block; in the others, case is -1

    def reset(self) -> None:
        """Remove all rows."""
        super().reset()
        self._filled = BLOCK

    def update(
        self,
        prediction: Tensor,
        target: Tensor,
        case: Tensor | Sequence[int],
        z: Tensor | Sequence[int],
    ) -> None:
        """Add the slices of a batch.

        Args:
            prediction: Predicted masks, ``[B, ...]``, bool or uint8; any value but 0 is lung.
            target: Reference masks, in the same form and shape.
            case: Index of each slice's case, from 0, ``[B]`` integers.
            z: Index of each slice in its case, 0 the most caudal, ``[B]`` integers.

        Raises:
            ValueError: If the masks do not fit each other (see `slice_counts`), or `case` or `z`
                is not one integer per slice.
        """
        counts = slice_counts(prediction, target)
        keys = [_as_indices(name, values, counts) for name, values in (("case", case), ("z", z))]
        self._put(torch.cat([torch.stack(keys, dim=1), counts], dim=1))

    def resume(self, table: Tensor) -> None:
        """Start from the rows that :meth:`compute` gave in an earlier process.

        Args:
            table: int64 ``[n, 6]``.
        """
        self.reset()
        self._update_count = 1  # or torchmetrics would warn that there was none
        self._put(table.to(self.device))

    def _put(self, rows: Tensor) -> None:
        """Write rows into blocks: thousands of small tensors would fragment the heap."""
        while len(rows):
            if self._filled == BLOCK:
                self.rows.append(torch.full((BLOCK, len(COLUMNS)), -1, device=rows.device))
                self._filled = 0
            now, rows = rows[: BLOCK - self._filled], rows[BLOCK - self._filled :]
            self.rows[-1][self._filled : self._filled + len(now)] = now
            self._filled += len(now)

    def compute(self) -> Tensor:
        """Return the table, int64 ``[n, 6]``, sorted by case and z; ``[0, 6]`` when empty.

        Raises:
            ValueError: If a slice occurs twice with different counts and may not.
        """
        rows = dim_zero_cat(self.rows) if len(self.rows) else self._no_rows()
        rows = rows[rows[:, 0] >= 0]  # without unused rows of blocks
        # Sorts by case, then z, and drops identical rows.
        table: Tensor
        table, occurrences = torch.unique(rows, dim=0, return_counts=True)
        if self._repeats:
            return table.repeat_interleave(occurrences, dim=0)
        repeated = (table[1:, :2] == table[:-1, :2]).all(dim=1).nonzero()
        if len(repeated):
            first = int(repeated[0])
            row, other = table[first].tolist(), table[first + 1].tolist()
            raise ValueError(
                f"case {row[0]}, z {row[1]} was counted twice with different (tp, fp, fn, tn): "
                f"{tuple(row[2:])} and {tuple(other[2:])}"
            )
        return table

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Gather the rows of all processes (torchmetrics calls this in ``compute``)."""
        # Without rows torchmetrics would send a 1-D float tensor, which does not match the 2-D
        # int64 tensors of the others.
        if len(self.rows) == 0:
            self.rows = [self._no_rows()]
        super().sync(*args, **kwargs)

    def _no_rows(self) -> Tensor:
        return torch.empty((0, len(COLUMNS)), dtype=torch.int64, device=self.device)


def _validate_masks(prediction: Tensor, target: Tensor) -> None:
    for name, mask in (("prediction", prediction), ("target", target)):
        if mask.dtype not in (torch.bool, torch.uint8):
            raise ValueError(f"{name} must be a bool or uint8 mask, got {mask.dtype}")
        if mask.ndim < 2:
            raise ValueError(f"{name} must have shape [B, ...], got {tuple(mask.shape)}")
    if prediction.shape != target.shape:
        raise ValueError(
            "prediction and target must have the same shape, "
            f"got {tuple(prediction.shape)} and {tuple(target.shape)}"
        )


def _as_indices(name: str, values: Tensor | Sequence[int], counts: Tensor) -> Tensor:
    """Return `values` as int64 ``[B]`` on the device of `counts`."""
    indices = torch.as_tensor(values, device=counts.device)
    if indices.is_floating_point() or indices.dtype == torch.bool:
        raise ValueError(f"{name} must contain integers, got {indices.dtype}")
    if indices.shape != counts.shape[:1]:
        raise ValueError(
            f"{name} must contain one index for each of {len(counts)} slices, "
            f"got shape {tuple(indices.shape)}"
        )
    return indices.long()
