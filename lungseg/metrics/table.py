"""Metrics from the table of counts: one row per slice, exact integers, numpy only.

`tp`, `fp`, `fn` and `tn` count a slice's pixels: lung found, background called lung, lung missed,
and background recognized.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

COLUMNS = ("case", "z", "tp", "fp", "fn", "tn")
"""Columns of the table of counts, in their order."""

FloatArray = npt.NDArray[np.float64]
EmptyDsc = Literal["zero", "one", "nan"]
_EMPTY_DSC = {"zero": 0.0, "one": 1.0, "nan": np.nan}


def dsc(
    tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike, empty: EmptyDsc = "zero"
) -> FloatArray:
    r"""Dice coefficient of each slice.

    .. math:: \mathrm{DSC} = \frac{2\,TP}{2\,TP + FP + FN}

    Args:
        tp: Lung pixels found, ``[n]`` integers.
        fp: Background pixels called lung, ``[n]`` integers.
        fn: Lung pixels missed, ``[n]`` integers.
        empty: DSC of slices whose reference and prediction are both empty, for which the formula
            gives 0 / 0: ``"zero"``, ``"one"`` or ``"nan"``.

    Returns:
        ``[n]`` values from 0 to 1, or NaN if `empty` is ``"nan"``.

    Raises:
        ValueError: If `empty` has another value, or the counts are not 1-D arrays of equal length
            of non-negative integers.

    Example:
        >>> dsc(tp=[3, 0, 0], fp=[1, 5, 0], fn=[1, 0, 0])
        array([0.75, 0.  , 0.  ])
    """
    if empty not in _EMPTY_DSC:
        raise ValueError(f"empty must be one of {', '.join(_EMPTY_DSC)}, got {empty!r}")
    tp, fp, fn = _columns(tp=tp, fp=fp, fn=fn)
    pixels = 2 * tp + fp + fn
    values = np.full(pixels.shape, _EMPTY_DSC[empty])
    np.divide(2 * tp, pixels, out=values, where=pixels > 0)
    return values


def accuracy(
    tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike, tn: npt.ArrayLike
) -> FloatArray:
    r"""Share of each slice's pixels that are correct.

    .. math:: \mathrm{accuracy} = \frac{TP + TN}{TP + FP + FN + TN}

    Args:
        tp: Lung pixels found, ``[n]`` integers.
        fp: Background pixels called lung, ``[n]`` integers.
        fn: Lung pixels missed, ``[n]`` integers.
        tn: Background pixels recognized, ``[n]`` integers.

    Returns:
        ``[n]`` values from 0 to 1.

    Raises:
        ValueError: If the counts are not 1-D arrays of equal length of non-negative integers, or
            a slice has no pixels.

    Example:
        >>> accuracy(tp=[3, 0], fp=[1, 0], fn=[1, 0], tn=[5, 10])
        array([0.8, 1. ])
    """
    tp, fp, fn, tn = _columns(tp=tp, fp=fp, fn=fn, tn=tn)
    pixels = tp + fp + fn + tn
    if not pixels.all():
        raise ValueError(f"every slice must have pixels, got none at row {np.argmin(pixels)}")
    return (tp + tn) / pixels


def _columns(**counts: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], ...]:
    """Check the counts and convert them to int64, so that no sum of a narrow dtype overflows."""
    columns = []
    for name, values in counts.items():
        column = np.asarray(values)
        # Without rows the dtype is arbitrary: an empty list, a CSV with only its header.
        if column.ndim != 1 or (column.size and column.dtype.kind not in "iu"):
            raise ValueError(
                f"{name} must be a 1-D array of whole numbers, "
                f"got {column.dtype} of shape {column.shape}"
            )
        if (column < 0).any():
            raise ValueError(f"{name} must not be negative, got {column.min()}")
        columns.append(column.astype(np.int64))
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1:
        raise ValueError(f"{', '.join(counts)} must have equal lengths, got {lengths}")
    return tuple(columns)
