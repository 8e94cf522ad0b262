"""How much a number would vary with other patients: intervals by case."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, stdtrit

from lungseg.metrics.crossvalidation import fold_variance

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
WIDENING = 1.2
"""Factor of Student's quantile for what the normal approximation lacks with few, skewed cases. It
was chosen by simulation (``benchmarks/coverage.py``)."""
WIDENING_OF_FOLDS = 1.25
"""The same in a cross-validation, whose models share training data: it leaves no trace in the
scores. Chosen by simulation (``benchmarks/crossvalidation.py``)."""


def ratio_intervals(
    parts: npt.ArrayLike,
    wholes: npt.ArrayLike,
    *,
    low: npt.ArrayLike = 0.0,
    high: npt.ArrayLike = 1.0,
    level: float = LEVEL,
    folds: npt.ArrayLike | None = None,
) -> FloatArray:
    r"""Intervals of ratios of sums, by case, that stay within the range of the quantity.

    Each reported number is such a ratio, :math:`r = \sum_c a_c / \sum_c b_c`: of sums over slices
    or pixels and their count, or of a case's value and 1. Slices of one patient are correlated, so
    the variation is that between patients: with the residuals :math:`e_c = a_c - r b_c`,
    :math:`s^2 = \frac{n}{n - 1} \sum_c e_c^2 / (\sum_c b_c)^2`. The interval is symmetric on a
    scale without ends, :math:`g(r) \pm 1.2\,t\,g'(r)\,s`, with Student's t for n − 1 degrees of
    freedom and :math:`g(r) = \log\frac{r - low}{high - r}`; where an end is infinite, g(r) = r, and
    the interval stops at the other end. ``docs/metrics.md`` has its coverage in simulations.

    If all cases are at 0 of 1, or all at 1, they show no variation, and the other end is that of
    Clopper and Pearson for n cases: at 1, :math:`(\frac{1 - level}{2})^{1/n}`. Other quantities
    have no interval without variation.

    In a cross-validation, cases of one fold are scored by one model: their shared effect
    (`fold_variance` of :math:`e_c`) is added to :math:`s^2`, and the factor is 1.25, not 1.2.

    Sources: Cochran, Sampling Techniques (1977), sections 6.3 and 9A.2 (variance of a ratio of
    sums by cluster); Korn and Graubard, Surv. Methodol. 24 (1998) 193-201 (logit scale, and exact
    limits for shares without variation).

    Args:
        parts: :math:`a`, ``[cases, k]``.
        wholes: :math:`b`, ``[cases, k]``, at least 0; a case with 0 does not count in a ratio.
        low: Least possible value of each ratio, ``[k]``; -inf if there is none.
        high: Largest possible value, ``[k]``; inf if there is none.
        level: Share of such intervals that contain the true value, about.
        folds: The fold of each case, ``[cases]``, where the cases are those of a cross-validation;
            or ``[partitions, cases]`` for the averages of repeats with other folds.

    Returns:
        Low and high ends, ``[k, 2]``; NaN if fewer than two cases count, or all agree.

    Raises:
        ValueError: If the shapes differ or are not 2-D.
    """
    a, b = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(
            f"parts and wholes must have the same shape [cases, k], got {a.shape} and {b.shape}"
        )
    partitions = np.empty((0, len(a))) if folds is None else np.atleast_2d(np.asarray(folds))
    ends = np.full((a.shape[1], 2), np.nan)
    lows, highs = (np.broadcast_to(np.asarray(end, np.float64), len(ends)) for end in (low, high))
    for k in range(len(ends)):
        counts = b[:, k] > 0
        if counts.sum() > 1:
            inside = partitions[:, counts]
            tail = (1 - level) / 2
            ends[k] = _interval(a[counts, k], b[counts, k], lows[k], highs[k], tail, inside)
    return ends


def _interval(
    a: FloatArray,
    b: FloatArray,
    low: float,
    high: float,
    tail: float,
    partitions: npt.NDArray[np.generic],
) -> FloatArray:
    n, ratio = len(a), a.sum() / b.sum()
    if (low, high) == (0, 1) and ratio in (0, 1):
        exact = 1 - tail ** (1 / n)
        return np.array([0, exact]) if ratio == 0 else np.array([1 - exact, 1])
    residuals = (a - ratio * b) * n / b.sum()
    of_folds = sum(fold_variance(residuals, folds) for folds in partitions)
    error = np.sqrt((residuals**2).sum() / (n - 1) / n + of_folds)
    widening = WIDENING_OF_FOLDS if len(partitions) else WIDENING
    if error == 0 or ratio in (low, high):
        return np.array([np.nan, np.nan])
    return ends_of(ratio, -widening * float(stdtrit(n - 1, tail)) * error, low, high)


def ends_of(mean: float, half: float, low: float, high: float) -> FloatArray:
    """Ends of the interval that reaches `half` to both sides on the scale without ends.

    Args:
        mean: Value inside the interval, between `low` and `high`.
        half: Half width where the scale is as steep as the identity.
        low: Least possible value; -inf if there is none.
        high: Largest possible value; inf if there is none.

    Returns:
        Low and high end.
    """
    reach = half * np.array([-1, 1])
    if np.isfinite(low) and np.isfinite(high):
        share, width = (mean - low) / (high - low), high - low
        return np.asarray(low + width * expit(logit(share) + reach / (width * share * (1 - share))))
    return np.asarray(np.clip(mean + reach, low, high))
