"""How many test patients a planned statement needs, from the scatter over those of a pilot.

``docs/planning.md`` has the assumptions, and how often plans come true in simulations.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import chdtri, nctdtr, stdtrit

from lungseg.metrics.interval import LEVEL, WIDENING, ends_of
from lungseg.metrics.statistics import ALPHA, least_cases

MOST = 1_000_000
"""Patients above which a plan is none."""
CAUTION = 0.8
"""Confidence that the scatter is not larger than `cautious_sd`."""
_EFFICIENCY = 3 / math.pi


def interval_width(n: int, mean: float, sd: float, *, low: float = 0.0, high: float = 1.0) -> float:
    """Width of the 95 % interval of a mean over n patients, as `ratio_intervals` computes it.

    Args:
        n: Patients, 2 or more.
        mean: Of the number, between `low` and `high`.
        sd: Its standard deviation over patients.
        low: Least possible value; -inf if there is none.
        high: Largest possible value; inf if there is none.

    Example:
        >>> round(interval_width(40, 0.95, 0.03), 4)
        0.0232
    """
    if not low < mean < high:
        return 0.0
    t = -float(stdtrit(n - 1, (1 - LEVEL) / 2))
    ends = ends_of(mean, WIDENING * t * sd / math.sqrt(n), low, high)
    return float(ends[1] - ends[0])


def cases_for_width(
    width: float, mean: float, sd: float, *, low: float = 0.0, high: float = 1.0
) -> int | None:
    """Fewest patients with which the interval of a mean is no wider than wished.

    Args:
        width: Wished distance of the interval's ends, above 0.
        mean: As of `interval_width`, as the arguments that follow.
        sd: Standard deviation over patients.
        low: Least possible value.
        high: Largest possible value.

    Returns:
        2 or more; None if not even `MOST` patients are enough.

    Raises:
        ValueError: If the width is not above 0.

    Example:
        >>> cases_for_width(0.02, 0.95, 0.03)
        53
    """
    if not width > 0:
        raise ValueError(f"width must be above 0, got {width}")
    return _fewest(2, lambda n: interval_width(n, mean, sd, low=low, high=high) <= width)


def power_of(n: int, difference: float, sd: float) -> float:
    r"""Chance that a comparison of two models on n patients finds a true difference.

    That of Student's t test, whose statistic has the noncentral t distribution, with
    :math:`3 n / \pi` patients in its noncentrality for the efficiency of Wilcoxon's test, by which
    differences are judged. With fewer patients than Wilcoxon's test needs it is 0.

    Source: Lehmann, Nonparametrics (1975), section 4.2 (efficiency under normality).

    Args:
        n: Patients, each scored by both models.
        difference: True mean difference.
        sd: Standard deviation over patients of the difference.

    Example:
        >>> round(power_of(34, 0.01, 0.02), 2)
        0.79
    """
    if n < least_cases():
        return 0.0
    if sd == 0:
        return 1.0
    t = -float(stdtrit(n - 1, ALPHA / 2))
    shift = abs(difference) * math.sqrt(n * _EFFICIENCY) / sd
    if shift - t > 6:  # certain; farther out, SciPy's distribution is not defined
        return 1.0
    wrong_sign = float(nctdtr(n - 1, shift, -t)) if shift < 3 else 0.0
    return float(1 - nctdtr(n - 1, shift, t)) + wrong_sign


def pairs_for_power(difference: float, sd: float, power: float) -> int | None:
    """Fewest patients with which a comparison finds a difference with the wished power.

    Args:
        difference: True mean difference, not 0.
        sd: Standard deviation over patients of the difference.
        power: Wished chance to find it, between 0 and 1.

    Returns:
        6 or more, as Wilcoxon's test needs; None if not even `MOST` patients are enough.

    Raises:
        ValueError: If the difference is 0, or the power is not between 0 and 1.

    Example:
        >>> pairs_for_power(0.01, 0.02, 0.8)
        35
    """
    if difference == 0:
        raise ValueError("difference must not be 0: no number of patients shows one of 0")
    if not 0 < power < 1:
        raise ValueError(f"power must be between 0 and 1, got {power}")
    return _fewest(least_cases(), lambda n: power_of(n, difference, sd) >= power)


def cautious_sd(sd: float, n: int) -> float:
    r"""Upper 80 % confidence limit of a standard deviation: :math:`s \sqrt{(n-1) / \chi^2_{0.2}}`.

    Few patients may by chance be alike. Planned by their s alone, every second study would be too
    small; planned by this limit, one in five.

    Source: Browne, Stat. Med. 14 (1995) 1933-1940.

    Args:
        sd: Standard deviation over patients.
        n: Patients, 2 or more.

    Example:
        >>> round(cautious_sd(0.03, 8), 4)
        0.0406
    """
    return sd * math.sqrt((n - 1) / float(chdtri(n - 1, CAUTION)))


def correlated_sd(sd: float, correlation: float) -> float:
    r"""Scatter of differences of two models that scatter alike: :math:`s \sqrt{2 (1 - \rho)}`.

    Args:
        sd: Standard deviation over patients of one model's scores.
        correlation: Assumed between the scores of two models.
    """
    return sd * math.sqrt(2 * (1 - correlation))


def _fewest(least: int, enough: Callable[[int], bool]) -> int | None:
    """Smallest n that is enough, where all larger ones are too."""
    low, high = least - 1, least
    while not enough(high):
        if high >= MOST:
            return None
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
