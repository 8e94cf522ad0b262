"""The signed-rank test against SciPy, and by counting all signs."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import rankdata, wilcoxon

from lungseg.metrics.ranks import signed_rank_p


@pytest.mark.parametrize("n", [1, 5, 8, 24, 50])
def test_equals_scipy_without_ties(n):
    values = np.random.default_rng(n).normal(0.3, 1, n)
    assert signed_rank_p(values) == pytest.approx(wilcoxon(values, method="exact").pvalue)


def test_equals_all_signs_counted_with_ties_and_zeros():
    values = np.array([2, 2, -1, 0, 4, 2, -4, 6, 0, 6, 1])
    rest = values[values != 0]
    ranks = rankdata(abs(rest))
    sums = [np.dot(ranks, signs) for signs in product([0, 1], repeat=len(rest))]
    above = ranks[rest > 0].sum()
    tail = min(np.mean(np.array(sums) >= above), np.mean(np.array(sums) <= above))
    assert signed_rank_p(values) == pytest.approx(2 * tail)


def test_rounding_breaks_no_ties():
    values = [0.3 - 0.2, 0.1, -0.1, 0.2 - 0.1, 0.4 - 0.3, 1e-17]  # As means over repeats are.
    assert signed_rank_p(values) == signed_rank_p([1, 1, -1, 1, 1])


def test_large_numbers_of_cases():
    values = np.random.default_rng(0).normal(0.1, 1, 300)
    assert signed_rank_p(values) == pytest.approx(wilcoxon(values).pvalue)
    # The exact test and the approximation meet.
    assert signed_rank_p(values[:100]) == pytest.approx(
        wilcoxon(values[:100], method="asymptotic").pvalue, rel=0.02
    )


def test_no_difference():
    assert signed_rank_p([0, 0]) == signed_rank_p([]) == 1
