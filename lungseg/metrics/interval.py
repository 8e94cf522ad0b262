"""How much a number would vary with other patients: the bootstrap, by case."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 10_000
LEVEL = 0.95
_CHUNK = 500  # resamples at a time, to limit memory with thousands of cases


def ratio_intervals(
    parts: npt.ArrayLike, wholes: npt.ArrayLike, *, level: float = LEVEL, seed: int = 0
) -> FloatArray:
    r"""Percentile intervals of ratios of sums, resampled by case.

    Each reported number is such a ratio, :math:`\sum_c a_c / \sum_c b_c`: of sums over slices or
    pixels and their count, or of a case's value and 1. Slices of one patient are correlated, so
    patients are resampled, with replacement, `RESAMPLES` times; the same draws are used for all
    ratios.

    With few cases such intervals are too narrow (see ``docs/metrics.md``).

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 8.5 and 13.3.

    Args:
        parts: :math:`a`, ``[cases, k]``.
        wholes: :math:`b`, ``[cases, k]``, at least 0; a case with 0 does not count in a ratio.
        level: Share of the resamples between both ends.
        seed: Seed of the draws.

    Returns:
        Low and high ends, ``[k, 2]``; NaN if fewer than two cases count.

    Raises:
        ValueError: If the shapes differ or are not 2-D.
    """
    a, b = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(
            f"parts and wholes must have the same shape [cases, k], got {a.shape} and {b.shape}"
        )
    n_cases, k = a.shape
    enough = (b > 0).sum(axis=0) > 1
    ends = np.full((k, 2), np.nan)
    if not enough.any():
        return ends
    random = np.random.default_rng(seed)
    ratios = np.full((RESAMPLES, k), np.nan)
    for start in range(0, RESAMPLES, _CHUNK):
        drawn = random.multinomial(n_cases, np.full(n_cases, 1 / n_cases), size=_CHUNK)
        part, whole = drawn @ a, drawn @ b
        np.divide(part, whole, out=ratios[start : start + _CHUNK], where=whole > 0)
    tail = (1 - level) / 2
    # A resample may contain none of the cases that count; it is ignored.
    ends[enough] = np.nanquantile(ratios[:, enough], (tail, 1 - tail), axis=0).T
    return ends
