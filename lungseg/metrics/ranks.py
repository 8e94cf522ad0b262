"""The Wilcoxon signed-rank test, exact even with ties: distances in mm are multiples of a step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import wilcoxon

_EXACT = 100  # cases; the time grows with the third power


def signed_rank_p(differences: npt.ArrayLike) -> float:
    """Two-sided p for the hypothesis that paired differences are symmetric around 0.

    Zeros are excluded, as by Wilcoxon; ties get their mean rank. For up to 100 other values all 2ⁿ
    signs are counted; beyond that, SciPy's normal approximation is used.

    Source: Wilcoxon, Biometrics Bulletin 1 (1945) 80-83.

    Args:
        differences: ``[n]``, finite.

    Returns:
        p; 1 if all differences are 0.

    Example:
        >>> signed_rank_p([1, 2, 3, 4, 5, 6])
        0.03125
    """
    values = np.asarray(differences, np.float64)
    # Means over repeats have rounding errors, which must not break ties or create differences.
    values = np.round(values / max(np.abs(values).max(initial=0), np.finfo(float).tiny), 12)
    values = values[values != 0]
    if not values.size:
        return 1.0
    if len(values) > _EXACT:
        return float(wilcoxon(values, method="asymptotic").pvalue)
    _, which, ties = np.unique(np.abs(values), return_inverse=True, return_counts=True)
    twice_ranks = (2 * np.cumsum(ties) - ties + 1)[which]  # Whole: mean ranks end in 0 or .5.
    ways = np.zeros(twice_ranks.sum() + 1)  # for each sum of positive ranks
    ways[0] = 1
    for rank in twice_ranks:
        ways[rank:] = ways[rank:] + ways[:-rank]
    above = int(twice_ranks[values > 0].sum())
    tail = min(ways[: above + 1].sum(), ways[above:].sum())
    return float(min(1.0, 2 * tail / 2.0 ** len(values)))
