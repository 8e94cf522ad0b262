"""Comparisons of runs that were tested on the same cases: size and significance of differences.

``docs/comparison.md`` explains the choice of methods, and their error rates in simulations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy.typing as npt

from lungseg.metrics.difference import Difference, paired_difference

Verdict = Literal["better", "worse", "cannot be told"]
ALPHA = 0.05


@dataclass(frozen=True)
class Pair:
    """Two runs (or groups of repeats) compared.

    Attributes:
        a: The reference of the comparison.
        b: The run that is judged: the verdict says whether b is better or worse than a.
        difference: b − a.
        adjusted_p: `Difference.p` after Holm, over all pairs compared at once.
        verdict: The result in words.
    """

    a: str
    b: str
    difference: Difference
    adjusted_p: float | None
    verdict: Verdict


def holm(p: Sequence[float | None]) -> list[float | None]:
    """P values adjusted for multiple comparisons: controls the chance of any false alarm.

    Source: Holm, Scand. J. Stat. 6 (1979) 65-70.

    Args:
        p: P values; None, if no test was possible, stays None and does not count.

    Returns:
        Adjusted values in the same order, at most 1.

    Example:
        >>> holm([0.01, None, 0.04, 0.03])
        [0.03, None, 0.06, 0.06]
    """
    order = sorted((value, i) for i, value in enumerate(p) if value is not None)
    adjusted: list[float | None] = [None] * len(p)
    highest = 0.0
    for rank, (value, i) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * value))
        adjusted[i] = highest
    return adjusted


def verdict(
    difference: Difference,
    adjusted_p: float | None,
    *,
    higher_is_better: bool,
    alpha: float = ALPHA,
) -> Verdict:
    """Whether b is better than a, which both the corrected test and the interval must show.

    Args:
        difference: b − a.
        adjusted_p: Its p after correction for all comparisons made.
        higher_is_better: True for a DSC, False for a distance or a loss.
        alpha: Level below which the corrected p must be.

    Returns:
        "better", "worse", or "cannot be told", which does not mean that both are equal.
    """
    if difference.ci95 is None or adjusted_p is None or not adjusted_p < alpha:
        return "cannot be told"
    low, high = difference.ci95
    if low <= 0 <= high:
        return "cannot be told"
    return "better" if (low > 0) == higher_is_better else "worse"


def pairs(
    groups: Mapping[str, npt.ArrayLike],
    *,
    higher_is_better: bool,
    reference: str | None = None,
    alpha: float = ALPHA,
    seed: int = 0,
) -> list[Pair]:
    """Compare all runs with each other, or each with one, corrected for the number of pairs.

    k runs have k (k − 1) / 2 pairs, and the correction grows with them. With many runs, set a
    `reference`: then there are only k − 1 pairs.

    Args:
        groups: For each run, or group of repeats, a number for each test case, ``[S, n_cases]``;
            the same cases in the same order in all.
        higher_is_better: True for a DSC, False for a distance or a loss.
        reference: The run that all others are compared with.
        alpha: Chance of any false alarm among all pairs.
        seed: Seed of the resampling.

    Returns:
        The pairs in the order of `groups`; `a` is the reference, or the earlier of the two.

    Raises:
        ValueError: If the reference is not one of the groups, or shapes do not match.
    """
    if reference is None:
        names = list(combinations(groups, 2))
    elif reference in groups:
        names = [(reference, name) for name in groups if name != reference]
    else:
        raise ValueError(f"reference must be one of {', '.join(groups)}, got {reference}")
    paired = [paired_difference(groups[a], groups[b], seed=seed) for a, b in names]
    return [
        Pair(a, b, d, p, verdict(d, p, higher_is_better=higher_is_better, alpha=alpha))
        for (a, b), d, p in zip(names, paired, holm([d.p for d in paired]), strict=True)
    ]


def least_p(n_cases: int) -> float:
    """Smallest p that is possible with `n_cases`: all differences have the same sign.

    The Wilcoxon test counts signs: each of the 2ⁿ combinations is equally likely.

    Example:
        >>> least_p(5), least_p(6)
        (0.0625, 0.03125)
    """
    return min(1.0, 2.0 ** (1 - n_cases))


def least_cases(n_pairs: int = 1, alpha: float = ALPHA) -> int:
    """Number of cases needed for any of `n_pairs` simultaneous comparisons to be significant.

    Example:
        >>> least_cases(), least_cases(15)
        (6, 10)
    """
    n = 1
    while n_pairs * least_p(n) >= alpha:
        n += 1
    return n
