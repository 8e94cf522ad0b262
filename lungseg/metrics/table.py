"""Metrics from the table of counts: a row a slice, exact integers, numpy alone.

`tp`, `fp`, `fn` and `tn` count a slice's pixels: lung found, lung invented, lung missed, and
background left alone.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

COLUMNS = ("case", "z", "tp", "fp", "fn", "tn")
"""Columns of the table of counts, in their order."""

EXCELLENT_DSC = 0.975
"""A slice is excellent with a DSC above this, or,"""
EXCELLENT_ACCURACY = 0.999
"""where its reference is empty, with an accuracy above this."""

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
        empty: DSC of slices whose reference and prediction are both empty, where the formula
            says 0 / 0: ``"zero"``, ``"one"`` or ``"nan"``.

    Returns:
        ``[n]`` values from 0 to 1, or NaN where `empty` says so.

    Raises:
        ValueError: If `empty` is another word, or the counts are no 1-D arrays of equal length
            of whole numbers from 0.

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
    r"""Share of each slice's pixels that are right.

    .. math:: \mathrm{accuracy} = \frac{TP + TN}{TP + FP + FN + TN}

    Args:
        tp: Lung pixels found, ``[n]`` integers.
        fp: Background pixels called lung, ``[n]`` integers.
        fn: Lung pixels missed, ``[n]`` integers.
        tn: Background pixels left alone, ``[n]`` integers.

    Returns:
        ``[n]`` values from 0 to 1.

    Raises:
        ValueError: If the counts are no 1-D arrays of equal length of whole numbers from 0, or
            if a slice has no pixels.

    Example:
        >>> accuracy(tp=[3, 0], fp=[1, 0], fn=[1, 0], tn=[5, 10])
        array([0.8, 1. ])
    """
    tp, fp, fn, tn = _columns(tp=tp, fp=fp, fn=fn, tn=tn)
    pixels = tp + fp + fn + tn
    if not pixels.all():
        raise ValueError(f"every slice must have pixels, got none at row {np.argmin(pixels)}")
    return (tp + tn) / pixels


def summarize(
    tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike, tn: npt.ArrayLike
) -> dict[str, Any]:
    r"""Metrics of a set of slices, in the form of ``evaluation/summary.json``.

    Each metric is ``{"value": float, "n": int}``, with value None where there is nothing to
    divide by. `n` counts slices for means and shares, and pixels of the denominator for pooled
    metrics. None of them depends on the DSC that both-empty slices are given.

    - ``accuracy_mean``: mean over slices of the accuracy.
    - ``dsc_mean_nonempty``: mean over slices with a non-empty reference of the DSC.
    - ``recall`` :math:`\frac{\sum TP}{\sum TP + FN}`, ``specificity``
      :math:`\frac{\sum TN}{\sum TN + FP}`, ``precision`` :math:`\frac{\sum TP}{\sum TP + FP}`:
      pooled over all pixels of all slices.
    - ``share_excellent``: share of slices with a DSC above 0.975, or with an empty reference and
      an accuracy above 0.999.
    - ``n_slices``, ``n_empty``: plain integers, slices in all and those with an empty reference.

    Args:
        tp: Lung pixels found, ``[n]`` integers.
        fp: Background pixels called lung, ``[n]`` integers.
        fn: Lung pixels missed, ``[n]`` integers.
        tn: Background pixels left alone, ``[n]`` integers.

    Returns:
        The dictionary, of Python's own numbers alone: ``json.dumps`` takes it as it is.

    Raises:
        ValueError: If the counts are no 1-D arrays of equal length of whole numbers from 0, or
            if a slice has no pixels.

    Example:
        >>> summary = summarize(tp=[3, 0], fp=[1, 0], fn=[1, 0], tn=[5, 10])
        >>> summary["dsc_mean_nonempty"], summary["recall"], summary["n_empty"]
        ({'value': 0.75, 'n': 1}, {'value': 0.75, 'n': 4}, 1)
    """
    tp, fp, fn, tn = _columns(tp=tp, fp=fp, fn=fn, tn=tn)
    slice_dsc, slice_accuracy = dsc(tp, fp, fn), accuracy(tp, fp, fn, tn)
    nonempty = tp + fn > 0
    excellent = (slice_dsc > EXCELLENT_DSC) | (~nonempty & (slice_accuracy > EXCELLENT_ACCURACY))
    found, invented, missed, left = (int(column.sum()) for column in (tp, fp, fn, tn))
    return {
        "accuracy_mean": _mean(slice_accuracy),
        "dsc_mean_nonempty": _mean(slice_dsc[nonempty]),
        "recall": _ratio(found, found + missed),
        "specificity": _ratio(left, left + invented),
        "precision": _ratio(found, found + invented),
        "share_excellent": _mean(excellent),
        "n_slices": len(tp),
        "n_empty": int((~nonempty).sum()),
    }


def _columns(**counts: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], ...]:
    """Check the counts and make them int64, so that no sum of a narrow dtype overflows."""
    columns = []
    for name, values in counts.items():
        column = np.asarray(values)
        # Without rows there is no telling the dtype: an empty list, a CSV with only its header.
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


def _mean(values: npt.NDArray[Any]) -> dict[str, Any]:
    return {"value": float(values.mean()) if len(values) else None, "n": len(values)}


def _ratio(part: int, whole: int) -> dict[str, Any]:
    return {"value": part / whole if whole else None, "n": whole}
