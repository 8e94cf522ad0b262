"""The mean paired difference of two runs over the same cases, its interval and its p value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import stdtrit

from lungseg.metrics.ranks import signed_rank_p

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 5000
_LEAST_TAIL = 1e-15
_LEAST_RESAMPLED = 6  # cases; fewer can tell nothing anyway, see `least_cases`


@dataclass(frozen=True)
class Difference:
    """Mean paired difference b − a.

    Attributes:
        mean: Over cases, each the mean over its repeats; NaN without any case.
        ci95: Low and high end; None with fewer than two cases.
        p: Two-sided, not corrected; None with fewer than two cases.
        n_cases: Cases in which both are defined.
        n_seeds: Repeats of a and of b. With (1, 1) all is said of these two trained models only:
            how far another seed would move them cannot be seen.
    """

    mean: float
    ci95: tuple[float, float] | None
    p: float | None
    n_cases: int
    n_seeds: tuple[int, int]


def paired_difference(
    a: npt.ArrayLike, b: npt.ArrayLike, *, seed: int = 0, level: float = LEVEL
) -> Difference:
    r"""How much more b has than a, by case, with interval and test.

    Of case c, :math:`d_c` is the mean of b over its repeats less that of a. With one repeat each
    the interval is :math:`\bar d \pm q \sqrt{s_d^2 / n}`, where q is the quantile of
    :math:`|t^*|` over resamples by case, and at least Student's: the symmetric bootstrap-t, which
    holds its level with few and skewed cases where percentiles are too narrow. p is of the
    Wilcoxon signed-rank test of :math:`d_c`.

    A seed moves all cases of its run together, which :math:`s_d` cannot see. With repeats, that
    variance is estimated from the means of the runs, less what the scatter of single cases
    explains, pooled over a and b: :math:`v = (1/S_a + 1/S_b) (MS_{seed} - MS_{rest} / n)`. A
    single run is so taken to vary as the repeated one does. Each part has the quantile of its own
    degrees of freedom, half the width being :math:`\sqrt{q^2 s_d^2 / n + t^2 v}` with t Student's
    of :math:`S_a + S_b - 2`. Below 0, v counts with q, down to half the first part. p is
    the larger of Wilcoxon's and that of such an interval without :math:`MS_{rest}`: that seeds
    seem to do nothing happens by chance, and must not make a p small. Repeats are not paired:
    equal seeds of two settings have nothing else in common.

    Sources: Hall, J. R. Stat. Soc. B 50 (1988) 35-45 (symmetric bootstrap-t); Obuchowski and
    Rockette,
    Commun. Stat. Simul. 24 (1995) 285-308 (cases crossed with readers, here seeds); Burdick and
    Graybill, Confidence Intervals on Variance Components (1992), and Cochran, Biometrics 20
    (1964) 191-195 (a quantile for each part).

    Args:
        a: A number of each test case, by repeat, ``[S_a, n_cases]``. A case that is NaN in any
            repeat is left out for both.
        b: The same of b, for the same cases in the same order, ``[S_b, n_cases]``.
        seed: Of the resampling.
        level: How often the interval is to hold the true difference.

    Returns:
        The difference. Fewer than `least_cases` never give a p below 0.05.

    Raises:
        ValueError: If the shapes do not fit.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            "a and b must have the shapes [S_a, cases] and [S_b, cases], "
            f"got {first.shape} and {second.shape}"
        )
    seeds = (len(first), len(second))
    if 0 in seeds:
        raise ValueError(f"a and b must have at least one repeat each, got {seeds}")
    defined = ~(np.isnan(first).any(axis=0) | np.isnan(second).any(axis=0))
    first, second = first[:, defined], second[:, defined]
    n = int(defined.sum())
    if n < 2:
        return Difference(float(_mean(second) - _mean(first)), None, None, n, seeds)

    by_case = second.mean(axis=0) - first.mean(axis=0)
    mean = float(by_case.mean())
    of_seeds, of_rest = _of_seeds(first, second)
    errors = _Errors(
        cases=float(by_case.var(ddof=1)) / n,
        n_cases=n,
        widening=_widening(by_case, level, seed),
        seeds=of_seeds,
        rest=of_rest,
        freedom=sum(seeds) - 2,
    )
    half = errors.half_width(1 - level)
    p = signed_rank_p(by_case)
    if max(seeds) > 1:
        p = max(p, errors.p(abs(mean)))
    return Difference(mean, (mean - half, mean + half), p, n, seeds)


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")


@dataclass(frozen=True)
class _Errors:
    """Variances of the mean difference, and what follows from them.

    Attributes:
        cases: What scatter over cases gives.
        n_cases: Their number.
        widening: Of Student's quantile for `cases`.
        seeds: What scatter of the runs' means gives, that of single cases included.
        rest: How much of it single cases explain.
        freedom: Degrees of freedom of `seeds`.
    """

    cases: float
    n_cases: int
    widening: float
    seeds: float
    rest: float
    freedom: int

    def half_width(self, tail: float) -> float:
        """Of the interval that leaves out `tail` of the probability."""
        added = self.seeds - self.rest
        if added > 0:
            return self._joined(tail, added)
        return self._quantile(tail) * math.sqrt(max(self.cases + added, self.cases / 2))

    def p(self, distance: float) -> float:
        """Of a mean this far from 0.

        Nothing is subtracted here. That seeds seem to do nothing happens by chance with few of
        them; an interval is right on the average of such chances, a small p would not be.
        """
        if self._joined(_LEAST_TAIL, self.seeds) <= distance:
            return _LEAST_TAIL if distance else 1.0

        def short_of(log_tail: float) -> float:
            return self._joined(math.exp(log_tail), self.seeds) - distance

        return math.exp(brentq(short_of, math.log(_LEAST_TAIL), 0))

    def _quantile(self, tail: float) -> float:
        return -float(stdtrit(self.n_cases - 1, tail / 2)) * self.widening

    def _joined(self, tail: float, seeds: float) -> float:
        of_seeds = -float(stdtrit(self.freedom, tail / 2))
        return math.sqrt(self._quantile(tail) ** 2 * self.cases + of_seeds**2 * seeds)


def _of_seeds(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """`_Errors.seeds` and `_Errors.rest`."""
    freedom = len(a) + len(b) - 2
    if freedom == 0:
        return 0.0, 0.0
    n = a.shape[1]
    between = rest = 0.0
    for values in (a, b):
        runs = values.mean(axis=1, keepdims=True)
        grand = float(runs.mean())
        between += float(((runs - grand) ** 2).sum())
        rest += float(((values - runs - values.mean(axis=0) + grand) ** 2).sum())
    scale = (1 / len(a) + 1 / len(b)) / freedom
    return scale * between, scale * rest / ((n - 1) * n)


def _widening(by_case: FloatArray, level: float, seed: int) -> float:
    """Quantile of the bootstrapped abs(t) in units of Student's, at least 1."""
    n = len(by_case)
    spread = by_case.std()
    # So few cases make resamples of one or two alone common, and the quantile is that of those.
    if spread == 0 or n < _LEAST_RESAMPLED:
        return 1.0
    drawn = _draws(n, seed)
    z = (by_case - by_case.mean()) / spread
    means = drawn @ z
    variances = (drawn @ z**2 - means**2) / (n - 1)
    # A resample of one case over and over has no spread: it says nothing.
    says = variances > 1e-12
    t = np.abs(means[says]) / np.sqrt(variances[says])
    return max(1.0, float(np.quantile(t, level) / stdtrit(n - 1, (1 + level) / 2)))


@lru_cache(maxsize=4)
def _draws(n: int, seed: int) -> FloatArray:
    """Weights of cases in each resample, ``[RESAMPLES, n]``; all pairs share them."""
    random = np.random.default_rng(seed)
    return random.multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
