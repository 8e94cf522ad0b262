"""Comparing runs that were tested on the same cases: how large a difference is, and if it is one.

``docs/comparison.md`` says why these methods, and how often they were right in simulations.
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
        a: What is compared with.
        b: What is judged: the verdict says if b is better or worse than a.
        difference: b − a.
        adjusted_p: `Difference.p` after Holm, over all pairs compared at once.
        verdict: In plain words.
    """

    a: str
    b: str
    difference: Difference
    adjusted_p: float | None
    verdict: Verdict


def holm(p: Sequence[float | None]) -> list[float | None]:
    """P values adjusted for being many: the chance of any false alarm stays below the level.

    Source: Holm, Scand. J. Stat. 6 (1979) 65-70.

    Args:
        p: P values; None, where no test was possible, stays None and does not count.

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
    """Whether b is better than a; only if the corrected test and the interval both say so.

    Args:
        difference: b − a.
        adjusted_p: Its p after correction for all comparisons made.
        higher_is_better: True of a DSC, False of a distance or a loss.
        alpha: The corrected p must be below.

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
    """Compare all runs with each other, or each with one; corrected for how many that are.

    All pairs of k runs are k (k − 1) / 2, and the correction grows with them. With many runs,
    name one as `reference`: there are k − 1 pairs then.

    Args:
        groups: Of each run, or group of repeats, a number of each test case, ``[S, n_cases]``;
            the same cases in the same order in all.
        higher_is_better: True of a DSC, False of a distance or a loss.
        reference: The run that all others are compared with.
        alpha: Chance of any false alarm among all pairs.
        seed: Of the resampling.

    Returns:
        The pairs in the order of `groups`; `a` is the reference, or the earlier of both.

    Raises:
        ValueError: If the reference is none of the groups, or shapes do not fit.
    """
    if reference is None:
        names = list(combinations(groups, 2))
    elif reference in groups:
        names = [(reference, name) for name in groups if name != reference]
    else:
        raise ValueError(f"reference must be one of {', '.join(groups)}, got {reference}")
    found = [paired_difference(groups[a], groups[b], seed=seed) for a, b in names]
    return [
        Pair(a, b, d, p, verdict(d, p, higher_is_better=higher_is_better, alpha=alpha))
        for (a, b), d, p in zip(names, found, holm([d.p for d in found]), strict=True)
    ]


def least_p(n_cases: int) -> float:
    """Smallest p that `n_cases` can ever give: all of them differ to the same side.

    The Wilcoxon test counts signs: each of the 2ⁿ ways to give them is as likely.

    Example:
        >>> least_p(5), least_p(6)
        (0.0625, 0.03125)
    """
    return min(1.0, 2.0 ** (1 - n_cases))


def least_cases(n_pairs: int = 1, alpha: float = ALPHA) -> int:
    """Cases without which none of `n_pairs` compared at once can be told, however they differ.

    Example:
        >>> least_cases(), least_cases(15)
        (6, 10)
    """
    n = 1
    while n_pairs * least_p(n) >= alpha:
        n += 1
    return n
