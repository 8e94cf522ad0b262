"""The numbers of ``evaluation/summary.json``, from small tables.

Each metric is ``{"value": float or None, "n": int}``, with ``"ci95": [low, high]`` if it is a
mean or a ratio over slices and there are at least two cases. `n` is the denominator: slices, pixels
or cases. All numbers are Python's own, for ``json.dumps``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lungseg.metrics.curves import average_precision, brier_score, calibration, curve, roc_auc
from lungseg.metrics.interval import ratio_intervals
from lungseg.metrics.table import EmptyDsc, accuracy, dsc

HIGH_DSC = 0.975
"""A slice's DSC is high above this,"""
LOW_DSC = 0.8
"""low up to this, and intermediate between them."""
HIGH_ACCURACY = 0.999
"""A slice with an empty reference is excellent with an accuracy above this."""

SIDES = ("", "right_", "left_")
CASE_NUMBERS = (
    "dsc",
    "hd95_mm",
    "hd95_lctsc_mm",
    "msd_mm",
    "surface_dice_2mm",
    "volume_difference_ml",
    "volume_difference_percent",
)

OVER_THRESHOLDS = ("pr_auc", "roc_auc", "brier", "ece", "dsc_best_threshold")
"""Numbers that need probabilities."""

Array = npt.NDArray[Any]


def summarize_slices(
    table: npt.NDArray[np.int64], empty: EmptyDsc, folds: npt.ArrayLike | None = None
) -> dict[str, Any]:
    r"""Numbers of a set that are derived from the counts of its slices.

    Means and shares over slices, and ratios pooled over all pixels, are ratios of sums over slices;
    their intervals are by case (`ratio_intervals`). They are defined in ``docs/metrics.md``.

    Args:
        table: ``[n, 6]``: case, z, tp, fp, fn, tn, as `SliceCounts` computes it.
        empty: DSC of slices with neither reference nor prediction; only ``dsc_mean`` depends on
            it.
        folds: Of each case, in the order of their numbers, as in `ratio_intervals`.

    Returns:
        The numbers by key.

    Example:
        >>> table = np.array([[0, 0, 3, 1, 1, 5], [0, 1, 0, 0, 0, 10]])
        >>> numbers = summarize_slices(table, "zero")
        >>> numbers["dsc_mean_nonempty"], numbers["recall"], numbers["n_empty"]
        ({'value': 0.75, 'n': 1}, {'value': 0.75, 'n': 4}, 1)
    """
    case, z, tp, fp, fn, tn = table.T
    terms = _terms(tp, fp, fn, tn, empty)
    names = list(terms)
    _, place = np.unique(case, return_inverse=True)
    # Sums over the slices of each case, [cases, names].
    parts, wholes = (
        np.stack([np.bincount(place, weights=terms[name][k]) for name in names], 1) for k in (0, 1)
    )
    intervals = ratio_intervals(parts, wholes, folds=folds)
    numbers: dict[str, Any] = {}
    for name, interval in zip(names, intervals, strict=True):
        part, whole = terms[name]
        numbers[name] = _number(part.sum(), whole.sum(), interval)
    slice_accuracy = accuracy(tp, fp, fn, tn)
    if len(table):
        worst = int(slice_accuracy.argmin())
        numbers["accuracy_min"] = {
            "value": float(slice_accuracy[worst]),
            "n": len(table),
            "case": int(case[worst]),
            "z": int(z[worst]),
        }
    return numbers | {"n_slices": len(table), "n_empty": int((tp + fn == 0).sum())}


def _terms(
    tp: Array, fp: Array, fn: Array, tn: Array, empty: EmptyDsc
) -> dict[str, tuple[Array, Array]]:
    """Numerator and denominator, summed over slices, for each number."""
    right, overlap, shown = accuracy(tp, fp, fn, tn), dsc(tp, fp, fn), dsc(tp, fp, fn, empty)
    lung = tp + fn > 0
    no_lung, ones = ~lung, np.ones(len(tp), np.int64)
    high = lung & (overlap > HIGH_DSC)
    low = lung & (overlap <= LOW_DSC)
    return {
        "accuracy_mean": (right, ones),
        "dsc_mean_nonempty": (np.where(lung, overlap, 0.0), lung),
        "dsc_mean": (np.nan_to_num(shown), ~np.isnan(shown)),
        "recall": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "precision": (tp, tp + fp),
        "share_dsc_high": (high, ones),
        "share_dsc_intermediate": (lung & ~high & ~low, ones),
        "share_dsc_low": (low, ones),
        "share_empty": (no_lung, ones),
        "empty_accuracy_perfect": (no_lung & (right == 1), no_lung),
        "empty_accuracy_intermediate": (no_lung & (right >= HIGH_ACCURACY) & (right < 1), no_lung),
        "empty_accuracy_low": (no_lung & (right < HIGH_ACCURACY), no_lung),
        "share_excellent": (high | (no_lung & (right > HIGH_ACCURACY)), ones),
        "positive_share": (tp + fn, tp + fp + fn + tn),
    }


def summarize_scores(histogram: npt.NDArray[np.int64] | None) -> dict[str, Any]:
    """Numbers of a set over all thresholds, from its ScoreHistogram, ``[2, BINS]``.

    Without probabilities there is no histogram, and all of them are undefined.

    ``dsc_best_threshold`` is the highest pooled DSC over all thresholds, with its threshold. It is
    optimized on the same pixels and so is not a result: ``"selected": False``.
    """
    if histogram is None:
        undefined = {name: {"value": None, "n": 0} for name in OVER_THRESHOLDS}
        undefined["dsc_best_threshold"] |= {"selected": False}
        return undefined
    pixels = int(histogram.sum())
    points = curve(histogram)
    best = int(points.dsc.argmax())
    numbers: dict[str, Any] = {
        "pr_auc": average_precision(points),
        "roc_auc": roc_auc(points),
        "brier": brier_score(histogram),
        "ece": calibration(histogram).error,
    }
    numbers = {name: {"value": _finite(value), "n": pixels} for name, value in numbers.items()}
    numbers["dsc_best_threshold"] = {
        "value": float(points.dsc[best]),
        "n": pixels,
        "threshold": float(points.threshold[best]),
        "selected": False,
    }
    return numbers


def summarize_cases(
    rows: Sequence[Mapping[str, Any]], folds: npt.ArrayLike | None = None
) -> dict[str, Any]:
    """Means and medians over cases of the 3-D numbers, for both lungs, the right and the left.

    A case in which a number is undefined is excluded from its mean; `n` is the number of cases in
    the mean. A structure that was missed or invented is included, with the worst of numbers, and
    counted in ``n_missed`` or ``n_invented``.

    Args:
        rows: One mapping per case, as `lungseg.metrics.cases` makes them.
        folds: Of each case, in this order, as in `ratio_intervals`.
    """
    names = [side + name for side in SIDES for name in CASE_NUMBERS]
    values = np.array([[row[name] for name in names] for row in rows], np.float64)
    values = values.reshape(len(rows), len(names))
    defined = ~np.isnan(values)
    farthest = max((row["farthest_mm"] for row in rows), default=0.0)
    ends = np.array([_range(name, farthest) for name in CASE_NUMBERS] * len(SIDES))
    intervals = ratio_intervals(
        np.where(defined, values, 0.0), defined, low=ends[:, 0], high=ends[:, 1], folds=folds
    )
    numbers: dict[str, Any] = {}
    for k, name in enumerate(names):
        there = values[defined[:, k], k]
        side = next(side for side in reversed(SIDES) if name.startswith(side))
        wrong = {
            f"n_{kind}": sum(row[side + kind] == 1 for row in rows)
            for kind in ("missed", "invented")
        }
        numbers[_key(name, "mean")] = _number(there.sum(), len(there), intervals[k]) | wrong
        median = float(np.median(there)) if len(there) else None
        numbers[_key(name, "median")] = {"value": median, "n": len(there)} | wrong
    return numbers | {"n_cases": len(rows)}


def _range(name: str, farthest: float) -> tuple[float, float]:
    """Least and largest possible value of a case's number."""
    if name.endswith("_mm"):
        return 0.0, farthest
    if name.startswith("volume_difference"):
        return (-100.0 if name.endswith("percent") else -math.inf), math.inf
    return 0.0, 1.0


def _key(name: str, kind: str) -> str:
    """Distinguishes the DSC of a volume from that of slices."""
    return (
        f"{name.removesuffix('dsc')}volume_dsc_{kind}" if name.endswith("dsc") else f"{name}_{kind}"
    )


def conventions(
    table: npt.NDArray[np.int64], rows: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The headline mean DSC as others would report it, from the same predictions.

    - ``report``: mean over slices with a non-empty reference.
    - ``report_all``: mean over all slices, 0 where reference and prediction are empty.
    - ``monai``: `DiceMetric` with ``ignore_empty=False``: 1 where both are empty, 0 where only the
      reference is. With its default it is the same as ``report``.
    - ``torchmetrics``: `DiceScore`, by slice: both-empty ones excluded, 0 where only the reference
      is empty.
    - ``nnunet``: mean over cases of the volume's DSC; a case with neither is excluded.

    Args:
        table: ``[n, 6]``: case, z, tp, fp, fn, tn.
        rows: One mapping per case, with ``tp``, ``fp`` and ``fn`` of the volume.
    """
    _, _, tp, fp, fn, _ = table.T
    volumes = [np.array([row[name] for row in rows], np.int64) for name in ("tp", "fp", "fn")]
    lung = tp + fn > 0
    values = {
        "report": dsc(tp, fp, fn)[lung],
        "report_all": dsc(tp, fp, fn, "zero"),
        "monai": dsc(tp, fp, fn, "one"),
        "torchmetrics": dsc(tp, fp, fn, "nan"),
        "nnunet": dsc(volumes[0], volumes[1], volumes[2], "nan"),
    }
    return {
        name: _number(np.nansum(scores), np.isfinite(scores).sum())
        for name, scores in values.items()
    }


def dsc_of_table(table: npt.NDArray[np.int64]) -> dict[str, dict[str, Any]]:
    """Mean DSC by counts of slices alone: over non-empty slices, and over volumes.

    Args:
        table: ``[n, 6]``: case, z, tp, fp, fn, tn.
    """
    _, position = np.unique(table[:, 0], return_inverse=True)
    sums = (np.bincount(position, counts) for counts in table[:, 2:5].T)
    rows = [{"tp": tp, "fp": fp, "fn": fn} for tp, fp, fn in zip(*sums, strict=True)]
    means = conventions(table, rows)
    return {name: means[name] for name in ("report", "nnunet")}


def _number(part: Any, whole: Any, interval: Array | None = None) -> dict[str, Any]:
    number: dict[str, Any] = {"value": float(part / whole) if whole else None, "n": int(whole)}
    if interval is not None and np.isfinite(interval).all():
        number["ci95"] = [float(end) for end in interval]
    return number


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
