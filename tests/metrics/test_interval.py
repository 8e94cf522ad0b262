"""Intervals by case: against SciPy, and by simulating their coverage."""

import re

import numpy as np
import pytest
from scipy.stats import bootstrap

from benchmarks.coverage import CASES, coverage
from lungseg.metrics.bootstrap import ratio_intervals
from tests.conftest import CLONE


def test_equals_scipy_for_means_over_cases():
    values = np.random.default_rng(0).gamma(2, size=12)
    (found,) = ratio_intervals(values[:, None], np.ones((12, 1)))
    expected = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(1)
    ).confidence_interval
    # Both draw; the spread of an end over draws is a hundredth of the interval.
    assert found == pytest.approx(list(expected), abs=0.03 * (expected.high - expected.low))


def test_equals_scipy_for_ratios_of_sums():
    random = np.random.default_rng(0)
    wholes = random.integers(20, 200, 9)
    parts = random.binomial(wholes, random.beta(8, 2, 9))
    (found,) = ratio_intervals(parts[:, None], wholes[:, None])
    expected = bootstrap(
        (parts, wholes),
        lambda a, b, axis: a.sum(axis) / b.sum(axis),
        paired=True,
        method="percentile",
        n_resamples=10_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found == pytest.approx(list(expected), abs=0.03 * (expected.high - expected.low))


def documented():
    """Cases and times of 100, from the table in the docs."""
    text = (CLONE / "docs" / "metrics.md").read_text()
    cases, times = re.search(r"\| cases \| (.+) \|\n\|.*\n\| of 100 \| (.+) \|", text).groups()
    return list(
        zip(*([int(word) for word in row.split(" | ")] for row in (cases, times)), strict=True)
    )


def test_the_docs_agree_with_the_simulation():
    assert [n for n, _ in documented()] == list(CASES)


@pytest.mark.parametrize(
    ("n_cases", "times"),
    [pytest.param(n, times, marks=pytest.mark.slow if n > 4 else ()) for n, times in documented()],
)
def test_coverage_is_what_the_docs_say(n_cases, times):
    """To 5 of 100: three standard deviations of 400 rounds."""
    assert coverage(n_cases, rounds=400) == pytest.approx(times / 100, abs=0.05)


def test_resampling_slices_instead_would_be_far_too_narrow():
    random = np.random.default_rng(0)
    case = np.repeat(np.arange(8), 100)
    values = random.normal(0.95, 0.02, 8)[case] + random.normal(0, 0.005, 800)
    by_case = np.bincount(case, values)[:, None]
    (ours,) = ratio_intervals(by_case, np.full((8, 1), 100))
    naive = bootstrap((values,), np.mean, n_resamples=2000, rng=random).confidence_interval
    assert ours[1] - ours[0] > 5 * (naive.high - naive.low)


def test_by_hand_and_undefined():
    found = ratio_intervals([[1, 0, 2], [3, 0, 0]], [[1, 0, 1], [1, 0, 0]])
    assert found[0].tolist() == [1, 3]
    assert np.isnan(found[1:]).all()  # Nothing to divide by; only one case has a part.


def test_the_same_table_gives_the_same_interval():
    parts = np.random.default_rng(0).random((5, 3))
    np.testing.assert_array_equal(
        ratio_intervals(parts, np.ones((5, 3))), ratio_intervals(parts, np.ones((5, 3)))
    )
    # A ratio does not depend on what else is asked for.
    np.testing.assert_array_equal(
        ratio_intervals(parts, np.ones((5, 3)))[1],
        ratio_intervals(parts[:, 1:2], np.ones((5, 1)))[0],
    )


def test_no_cases():
    assert np.isnan(ratio_intervals(np.empty((0, 2)), np.empty((0, 2)))).all()


def test_shapes():
    with pytest.raises(
        ValueError, match=r"^parts and wholes must have the same shape \[cases, k\]"
    ):
        ratio_intervals(np.ones((2, 3)), np.ones((2, 2)))
