"""Intervals by case: against SciPy, by hand, and by simulating their coverage."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.coverage import CASES, POPULATIONS, coverage, least_and_most
from lungseg.metrics.interval import WIDENING, ratio_intervals
from tests.conftest import CLONE


def one(parts, wholes=None, **ends):
    parts = np.asarray(parts, float)
    (found,) = ratio_intervals(
        parts[:, None], np.ones((len(parts), 1)) if wholes is None else np.c_[wholes], **ends
    )
    return found.tolist()


def test_without_ends_it_is_students_of_scipy_widened():
    values = np.random.default_rng(0).normal(20, 60, 7)
    low, high = stats.t.interval(0.95, 6, values.mean(), stats.sem(values))
    centre, half = values.mean(), WIDENING * (high - low) / 2
    assert one(values, low=-np.inf, high=np.inf) == pytest.approx([centre - half, centre + half])


@pytest.mark.parametrize(
    ("ends", "scale", "back"),
    [
        ((0, 1), lambda x: np.log(x / (1 - x)), lambda y: 1 / (1 + np.exp(-y))),
        ((0, 9), lambda x: np.log(x / (9 - x)), lambda y: 9 / (1 + np.exp(-y))),
    ],
)
def test_on_its_scale_it_is_symmetric_and_as_steep_as_the_scale(ends, scale, back):
    """The slope is taken numerically, the error by SciPy."""
    values = np.random.default_rng(1).uniform(0.2, 0.9, 8)
    mean, step = values.mean(), 1e-6
    slope = (scale(mean + step) - scale(mean - step)) / (2 * step)
    half = WIDENING * stats.t.ppf(0.975, 7) * stats.sem(values) * slope
    expected = [back(scale(mean) - half), back(scale(mean) + half)]
    assert one(values, low=ends[0], high=ends[1]) == pytest.approx(expected)


def test_the_error_of_a_ratio_of_sums_is_that_of_many_samples():
    """Drawn again and again, the ratio scatters as its estimated error says."""
    random = np.random.default_rng(0)
    wholes = random.integers(20, 200, (4000, 60))
    parts = random.binomial(wholes, random.beta(8, 2, wholes.shape))
    ratios = parts.sum(1) / wholes.sum(1)
    low, high = ratio_intervals(parts.T, wholes.T, low=-np.inf, high=np.inf).T
    errors = (high - low) / (2 * WIDENING * stats.t.ppf(0.975, 59))
    assert np.sqrt((errors**2).mean()) == pytest.approx(ratios.std(), rel=0.03)


@pytest.mark.parametrize("n", [2, 3, 12])
def test_without_variation_at_an_end_it_is_clopper_pearsons(n):
    exact = stats.binomtest(n, n).proportion_ci(method="exact")
    assert one([1.0] * n) == pytest.approx([exact.low, 1])
    none = stats.binomtest(0, n).proportion_ci(method="exact")
    assert one([0.0] * n) == pytest.approx([0, none.high])


def test_by_hand_and_undefined():
    # Two cases, 1 and 3 of infinitely many: mean 2, error 1, Student's quantile 12.706.
    assert one([1, 3], low=-np.inf, high=np.inf) == pytest.approx(
        [2 - 15.247, 2 + 15.247], abs=1e-3
    )
    found = ratio_intervals([[0, 2], [0, 0]], [[0, 1], [0, 0]])
    assert np.isnan(found).all()  # Nothing to divide by; only one case has a part.
    # Nothing varies, and nothing says how much it might.
    assert np.isnan([one([0.5, 0.5, 0.5]), one([0, 0], high=700), one([700, 700], high=700)]).all()


def test_with_one_end_it_is_as_without_and_stops_there():
    values = [-90.0, 250.0]
    low, high = one(values, low=-np.inf, high=np.inf)
    assert low < -100
    assert one(values, low=-100, high=np.inf) == [-100, high]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 10**6)), min_size=2, max_size=12),
    st.sampled_from([(0, 1), (0, 700), (0, np.inf), (-100, np.inf)]),
)
def test_it_contains_the_ratio_and_stays_within_the_range(cases, ends):
    low, high = ends
    top = high if np.isfinite(high) else 1e4
    wholes = np.array([whole for _, whole in cases], float)
    parts = wholes * (low + (top - low) * np.array([share for share, _ in cases]))
    first, last = one(parts, wholes, low=low, high=high)
    if np.isnan(first):
        assert np.ptp(parts / wholes) <= 1e-6 * (top - low)
        return
    ratio = parts.sum() / wholes.sum()
    slack = 1e-9 * (top - low)
    assert low - slack <= first <= ratio + slack
    assert ratio - slack <= last <= high + slack


def test_a_case_that_does_not_count_changes_nothing():
    assert one([0.2, 0.6, 0], [1, 1, 0]) == one([0.2, 0.6])


def documented():
    """Least and most times of 100 by kind and number of cases, from the table in the docs."""
    text = (CLONE / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| (cases|" + "|".join(POPULATIONS) + r") \| (\d.*) \|$", text, re.M)
    (_, cases), *kinds = [(name, cells.split(" | ")) for name, cells in rows]
    assert [int(n) for n in cases] == list(CASES)
    return {
        (kind, int(n)): tuple(map(int, cell.split(" to ")))
        for kind, cells in kinds
        for n, cell in zip(cases, cells, strict=True)
    }


def test_the_docs_have_every_kind_and_none_is_too_narrow_or_too_wide():
    found = documented()
    assert {kind for kind, _ in found} == set(POPULATIONS)
    assert all(93 <= low <= high <= 99 for low, high in found.values())


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "n_cases"), documented())
def test_coverage_is_what_the_docs_say(kind, n_cases):
    """The same draws, so to the rounding."""
    low, high = least_and_most(kind, n_cases)
    assert (round(100 * low), round(100 * high)) == documented()[kind, n_cases]


@pytest.mark.parametrize("kind", POPULATIONS)
def test_coverage_with_three_cases(kind):
    """To three standard deviations of 1000 rounds."""
    assert 0.92 < coverage(kind, next(iter(POPULATIONS[kind])), 3, rounds=1000) < 0.995


def test_resampling_slices_instead_would_be_far_too_narrow():
    random = np.random.default_rng(0)
    case = np.repeat(np.arange(8), 100)
    values = random.normal(0.95, 0.02, 8)[case] + random.normal(0, 0.005, 800)
    low, high = one(np.bincount(case, values), [100.0] * 8)
    naive = stats.bootstrap((values,), np.mean, n_resamples=2000, rng=random).confidence_interval
    assert high - low > 5 * (naive.high - naive.low)


def test_no_cases():
    assert np.isnan(ratio_intervals(np.empty((0, 2)), np.empty((0, 2)))).all()


def test_shapes():
    with pytest.raises(
        ValueError, match=r"^parts and wholes must have the same shape \[cases, k\]"
    ):
        ratio_intervals(np.ones((2, 3)), np.ones((2, 2)))
