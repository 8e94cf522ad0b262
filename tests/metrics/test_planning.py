"""Planned numbers of patients: against SciPy, and by simulating that plans come true."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.planning import POWER, reached_power, reached_width
from lungseg.metrics.interval import ratio_intervals
from lungseg.metrics.planning import (
    MOST,
    cases_for_width,
    cautious_sd,
    correlated_sd,
    interval_width,
    pairs_for_power,
    power_of,
)


class TestWidth:
    @pytest.mark.parametrize("ends", [(0.0, 1.0), (0.0, 40.0), (-np.inf, np.inf)])
    def test_it_is_that_of_the_interval_of_such_cases(self, ends):
        values = np.random.default_rng(0).uniform(0.6, 0.95, 9)
        low, high = ratio_intervals(values[:, None], np.ones((9, 1)), low=ends[0], high=ends[1])[0]
        found = interval_width(9, values.mean(), values.std(ddof=1), low=ends[0], high=ends[1])
        assert found == pytest.approx(high - low)

    @pytest.mark.parametrize("width", [0.3, 0.05, 0.01])
    def test_one_patient_less_would_not_be_enough(self, width):
        n = cases_for_width(width, 0.9, 0.08)
        assert interval_width(n, 0.9, 0.08) <= width < interval_width(n - 1, 0.9, 0.08)

    def test_more_scatter_or_less_width_needs_more_patients(self):
        assert cases_for_width(0.02, 0.9, 0.05) < cases_for_width(0.02, 0.9, 0.08)
        assert cases_for_width(0.02, 0.9, 0.05) < cases_for_width(0.01, 0.9, 0.05)

    def test_a_width_out_of_reach(self):
        assert cases_for_width(1e-6, 0.9, 0.08) is None
        assert interval_width(MOST, 0.9, 0.08) > 1e-6

    def test_no_scatter_needs_the_fewest(self):
        assert cases_for_width(0.02, 1.0, 0.0) == 2

    @pytest.mark.parametrize("width", [0, -0.1, np.nan])
    def test_no_width(self, width):
        with pytest.raises(ValueError, match="width must be above 0"):
            cases_for_width(width, 0.9, 0.1)


class TestPower:
    @pytest.mark.parametrize(("n", "difference"), [(8, 1.0), (30, 0.5), (30, -0.5), (200, 0.0)])
    def test_it_is_scipys_noncentral_t(self, n, difference):
        shift, t = difference * np.sqrt(n * 3 / np.pi), stats.t.ppf(0.975, n - 1)
        expected = stats.nct.sf(t, n - 1, shift) + stats.nct.cdf(-t, n - 1, shift)
        assert power_of(n, difference, 1.0) == pytest.approx(expected, abs=1e-9)

    def test_many_patients_find_anything(self):
        powers = [power_of(n, 0.28, 1.0) for n in (6, 50, 100, 1000, 10_000, 1_000_000)]
        assert powers == sorted(powers)
        assert powers[-1] == 1

    def test_too_few_for_wilcoxon_find_nothing(self):
        assert power_of(5, 100.0, 1.0) == 0
        assert pairs_for_power(100.0, 1.0, 0.8) == 6 == pairs_for_power(0.1, 0.0, 0.99)

    @pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
    def test_one_pair_less_would_not_be_enough(self, power):
        n = pairs_for_power(0.3, 1.0, power)
        assert power_of(n - 1, 0.3, 1.0) < power <= power_of(n, 0.3, 1.0)

    def test_a_difference_out_of_reach(self):
        assert pairs_for_power(1e-6, 1.0, 0.8) is None

    @pytest.mark.parametrize(
        ("difference", "power", "message"),
        [(0, 0.8, "difference must not be 0"), (0.1, 1, "power must"), (0.1, 0, "power must")],
    )
    def test_impossible_wishes(self, difference, power, message):
        with pytest.raises(ValueError, match=message):
            pairs_for_power(difference, 1.0, power)


def test_one_pilot_in_five_has_a_limit_below_the_true_scatter():
    random = np.random.default_rng(0)
    limits = [cautious_sd(x.std(ddof=1), 6) for x in random.normal(0, 2, (4000, 6))]
    assert np.mean(np.array(limits) < 2) == pytest.approx(0.2, abs=0.02)


def test_the_scatter_of_a_difference_of_correlated_scores():
    random = np.random.default_rng(0)
    a, b = random.multivariate_normal([0, 0], [[4, 3], [3, 4]], 50_000).T
    assert correlated_sd(2.0, 3 / 4) == pytest.approx((b - a).std(), rel=0.01)


class TestSimulated:
    @pytest.mark.parametrize("width", [0.1, 0.05])
    def test_the_planned_width_is_reached(self, width):
        _, reached = reached_width("DSC 0.90, skewed", width, rounds=300)
        assert reached == pytest.approx(width, rel=0.1)

    @pytest.mark.parametrize("name", ["normal", "of two DSC"])
    def test_the_planned_power_is_reached(self, name):
        _, reached = reached_power(name, 0.6, rounds=400)
        assert reached == pytest.approx(POWER, rel=0.1)
