"""The mean paired difference of two runs over the same cases, with interval and p value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import stdtrit

from lungseg.metrics.crossvalidation import Folds
from lungseg.metrics.ranks import signed_rank_p

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 5000
_LEAST_TAIL = 1e-15
_LEAST_RESAMPLED = 6  # cases; with fewer, no difference is significant, see `least_cases`


@dataclass(frozen=True)
class Difference:
    """Mean paired difference b − a.

    Attributes:
        mean: Over cases, each the mean over its repeats; NaN without cases.
        ci95: Low and high end; None with fewer than two cases.
        p: Two-sided, not corrected; None with fewer than two cases.
        n_cases: Cases in which both are defined.
        n_seeds: Repeats of a and of b. With (1, 1) the result concerns these two trained models
            only: the variation between seeds is not known.
    """

    mean: float
    ci95: tuple[float, float] | None
    p: float | None
    n_cases: int
    n_seeds: tuple[int, int]


def paired_difference(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    folds: Folds | None = None,
    limit: float = math.inf,
    seed: int = 0,
    level: float = LEVEL,
) -> Difference:
    r"""Mean difference b − a over cases, with interval and test.

    For case c, :math:`d_c` is the mean of b over its repeats minus that of a. With one repeat each
    the interval is :math:`\bar d \pm q \sqrt{s_d^2 / n}`, where q is the quantile of
    :math:`|t^*|` over resamples by case, and at least Student's: the symmetric bootstrap-t, which
    keeps its level with few and skewed cases, for which percentile intervals are too narrow. p is
    that of the Wilcoxon signed-rank test of :math:`d_c`.

    A seed shifts all cases of its run together, which :math:`s_d` does not include. With repeats,
    this variance is estimated from the means of the runs, minus the contribution of single cases,
    pooled over a and b: :math:`v = (1/S_a + 1/S_b) (MS_{seed} - MS_{rest} / n)`. A single run is
    thus assumed to vary like the repeated one. Each part has the quantile of its own
    degrees of freedom, half the width being :math:`\sqrt{q^2 s_d^2 / n + t^2 v}` with t Student's
    for :math:`S_a + S_b - 2`. A negative v is combined with q, down to half the first part. p is
    the larger of Wilcoxon's and that of such an interval without :math:`MS_{rest}`: seeds may
    seem to have no effect by chance, which must not make p small. Repeats are not paired: equal
    seeds of two settings have nothing else in common.

    Models of a cross-validation share training data, which leaves no trace in their scores: the
    variance is :math:`s_d^2 (1/n + 1/n_{train})`, that of Nadeau and Bengio for folds of
    :math:`n_{test}` cases, by case. What else the cases of a fold share, v is, with k − 1 degrees
    of freedom (`Folds.variance`); repeats are averaged by case, and their seeds are a part of it.
    p is the larger of Wilcoxon's and that of this interval.

    Sources: Hall, J. R. Stat. Soc. B 50 (1988) 35-45 (symmetric bootstrap-t); Obuchowski and
    Rockette, Commun. Stat. Simul. 24 (1995) 285-308 (cases crossed with readers, here seeds);
    Burdick and Graybill, Confidence Intervals on Variance Components (1992), and Cochran,
    Biometrics 20 (1964) 191-195 (a quantile for each part); Nadeau and Bengio, Mach. Learn. 52
    (2003) 239-281, and Bouckaert and Frank, PAKDD (2004) 3-12 (shared training data).

    Args:
        a: A number for each test case and repeat, ``[S_a, n_cases]``. A case that is NaN in any
            repeat is excluded from both.
        b: The same for b, with the same cases in the same order, ``[S_b, n_cases]``.
        folds: Of a cross-validation, for the same cases; None if every case of a row was scored by
            one model.
        limit: Largest possible difference, beyond which no interval reaches: 1 for a DSC.
        seed: Seed of the resampling.
        level: Confidence level of the interval.

    Returns:
        The difference. With fewer than `least_cases` cases, p is never below 0.05.

    Raises:
        ValueError: If the shapes do not match.
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
    defined = np.asarray(~(np.isnan(first).any(axis=0) | np.isnan(second).any(axis=0)))
    first, second = first[:, defined], second[:, defined]
    n = int(defined.sum())
    if n < 2:
        return Difference(float(_mean(second) - _mean(first)), None, None, n, seeds)

    by_case = second.mean(axis=0) - first.mean(axis=0)
    mean = float(by_case.mean())
    folds = folds and folds.of(defined)
    errors = _errors(first, second, by_case, _widening(by_case, level, seed), folds)
    half = errors.half_width(1 - level)
    p = signed_rank_p(by_case)
    if max(seeds) > 1 or folds is not None:
        p = max(p, errors.p(abs(mean)))
    ends = (max(mean - half, -limit), min(mean + half, limit))
    return Difference(mean, ends, p, n, seeds)


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")


@dataclass(frozen=True)
class _Errors:
    """Variances of the mean difference, and quantities derived from them.

    Attributes:
        cases: Variance from the scatter over cases (and from shared training data).
        n_cases: Number of cases.
        widening: Factor of Student's quantile for `cases`.
        seeds: Variance from the scatter of the runs' means, including that of single cases; of a
            cross-validation from that of the folds' means, without it.
        rest: The part of it that single cases explain.
        freedom: Degrees of freedom of `seeds`.
    """

    cases: float
    n_cases: int
    widening: float
    seeds: float
    rest: float
    freedom: int

    def half_width(self, tail: float) -> float:
        """Half width of the interval that excludes `tail` of the probability."""
        added = self.seeds - self.rest
        if added > 0:
            return self._joined(tail, added)
        return self._quantile(tail) * math.sqrt(max(self.cases + added, self.cases / 2))

    def p(self, distance: float) -> float:
        """P of a mean at this distance from 0.

        `rest` is not subtracted here. With few seeds, they may seem to have no effect by chance;
        an interval is correct on average over such cases, but a small p would not be.
        """
        if self._joined(_LEAST_TAIL, self.seeds) <= distance:
            return _LEAST_TAIL if distance else 1.0

        def short_of(log_tail: float) -> float:
            return self._joined(math.exp(log_tail), self.seeds) - distance

        return math.exp(brentq(short_of, math.log(_LEAST_TAIL), 0))

    def _quantile(self, tail: float) -> float:
        return -float(stdtrit(self.n_cases - 1, tail / 2)) * self.widening

    def _joined(self, tail: float, seeds: float) -> float:
        # Without an effect of seeds or folds, there may be no degree of freedom either.
        of_seeds = -float(stdtrit(self.freedom, tail / 2)) if seeds else 0.0
        return math.sqrt(self._quantile(tail) ** 2 * self.cases + of_seeds**2 * seeds)


def _errors(
    a: FloatArray, b: FloatArray, by_case: FloatArray, widening: float, folds: Folds | None
) -> _Errors:
    n, scatter = len(by_case), float(by_case.var(ddof=1))
    if folds is None:
        of_seeds, of_rest = _of_seeds(a, b)
        return _Errors(scatter / n, n, widening, of_seeds, of_rest, len(a) + len(b) - 2)
    cases = scatter * (1 / n + folds.shared)
    return _Errors(cases, n, widening, folds.variance(by_case), 0.0, folds.freedom)


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
    # With so few cases, resamples of only one or two cases are common and determine the quantile.
    if spread == 0 or n < _LEAST_RESAMPLED:
        return 1.0
    drawn = _draws(n, seed)
    z = (by_case - by_case.mean()) / spread
    means = drawn @ z
    variances = (drawn @ z**2 - means**2) / (n - 1)
    # A resample of a single case has no spread and is ignored.
    valid = variances > 1e-12
    t = np.abs(means[valid]) / np.sqrt(variances[valid])
    return max(1.0, float(np.quantile(t, level) / stdtrit(n - 1, (1 + level) / 2)))


@lru_cache(maxsize=4)
def _draws(n: int, seed: int) -> FloatArray:
    """Weights of cases in each resample, ``[RESAMPLES, n]``; all pairs share them."""
    random = np.random.default_rng(seed)
    return random.multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
