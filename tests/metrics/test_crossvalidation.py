"""Variance of a cross-validation: by hand, against SciPy, and by simulating error rates."""

import re

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import f_oneway, ttest_1samp, wilcoxon

from benchmarks.crossvalidation import CASES, FOLDS, WORLDS, called, coverage
from lungseg.metrics.crossvalidation import Folds, fold_variance
from lungseg.metrics.difference import paired_difference
from lungseg.metrics.interval import WIDENING_OF_FOLDS, ratio_intervals
from tests.conftest import CLONE


def made(n=12, k=3, effect=0.0, seed=0):
    """Numbers of cases, and their folds."""
    random = np.random.default_rng([n, k, seed])
    fold = np.arange(n) % k
    return random.normal(0, 1, n) + random.normal(0, effect, k)[fold], fold


def compared(values, *folds, n_train=8):
    folds = Folds(np.stack(folds), 1 / n_train)
    return paired_difference(np.zeros((1, len(values))), values[None], folds=folds)


class TestFoldVariance:
    def test_it_is_scipys_analysis_of_variance(self):
        """With k folds of m cases, F is MS between over MS within."""
        values, fold = made(12, 3, effect=2.0)
        groups = [values[fold == name] for name in range(3)]
        within = np.mean([group.var(ddof=1) for group in groups])
        effect = (f_oneway(*groups).statistic - 1) * within / 4
        assert fold_variance(values, fold) == pytest.approx(effect / 3)

    def test_it_is_right_on_average_over_unequal_folds(self):
        fold = np.repeat([0, 1, 2, 3], [1, 3, 5, 7])
        random = np.random.default_rng(0)
        effects = random.normal(0, 2, (1500, 4))
        values = random.normal(0, 0.1, (1500, 16)) + effects[:, fold]
        found = np.mean([fold_variance(each, fold) for each in values])
        assert found == pytest.approx(values.mean(1).var(), rel=0.06)

    def test_folds_that_agree_add_nothing(self):
        assert fold_variance([1, 2, 3, 1, 2, 3], [0, 0, 0, 1, 1, 1]) == 0

    @pytest.mark.parametrize("fold", [[0, 0, 0], [0, 1, 2]])
    def test_one_fold_or_one_for_each_case_shows_no_effect(self, fold):
        assert fold_variance([1.0, 5.0, 2.0], fold) == 0

    def test_partitions_add_up(self):
        values, fold = made(12, 3, effect=2.0)
        other = np.roll(np.repeat([0, 1, 2, 3], 3), 1)
        both = Folds(np.stack([fold, other]), 0.1)
        parts = fold_variance(values, fold) + fold_variance(values, other)
        assert both.variance(values) == pytest.approx(parts)
        assert both.freedom == 2 + 3


class TestDifference:
    def test_without_an_effect_of_folds_it_is_nadeau_and_bengios_by_case(self):
        """Of equal folds, 1 / n + 1 / n_train by case is (1 / k + n_test / n_train) by fold."""
        values = np.array([1.0, 2, 3, 4, 6] * 3)
        fold = np.repeat([0, 1, 2], 5)
        found = compared(values, fold, n_train=10)
        of_fold = values.var(ddof=1) / 5
        plain = paired_difference(np.zeros((1, 15)), values[None]).ci95
        widening = (1 / 3 + 5 / 10) / (1 / 3)
        assert np.ptp(found.ci95) == pytest.approx(np.ptp(plain) * widening**0.5)
        assert np.ptp(found.ci95) >= 2 * -stdtrit(14, 0.025) * np.sqrt((1 / 3 + 1 / 2) * of_fold)

    def test_folds_that_differ_widen_it_by_their_own_quantile(self):
        values, fold = made(5, 2, effect=9.0, seed=3)
        found = compared(values, fold)
        cases = stdtrit(4, 0.025) ** 2 * values.var(ddof=1) * (1 / 5 + 1 / 8)
        folds = stdtrit(1, 0.025) ** 2 * fold_variance(values, fold)
        assert folds > 0
        assert np.ptp(found.ci95) / 2 == pytest.approx(np.sqrt(cases + folds))

    def test_p_and_interval_agree(self):
        for seed in range(30):
            values, fold = made(20, 5, effect=0.5, seed=seed)
            found = compared(values + 0.5, fold)
            if found.p < 0.05:
                assert not found.ci95[0] <= 0 <= found.ci95[1]
            at = compared(values + 0.5 - found.ci95[0], fold)  # moved until it touches 0
            assert at.p >= 0.05 - 1e-6

    def test_what_folds_made_is_no_difference(self):
        """A test by case alone would be sure."""
        fold = np.arange(30) % 3
        values = np.random.default_rng(0).normal(0, 0.1, 30) + np.array([0.1, 0.5, 0.9])[fold]
        assert ttest_1samp(values, 0).pvalue < 1e-6
        assert compared(values, fold).p > 0.1

    def test_p_is_never_below_wilcoxons(self):
        values, fold = np.array([3.0, 3.1, 3.2, 2.9, 2.8, 3.05]), np.arange(6)
        assert compared(values, fold).p == wilcoxon(values, method="exact").pvalue == 0.03125

    def test_undefined_cases_are_left_out_of_their_folds(self):
        values, fold = made(12, 3, effect=1.0)
        lacking = np.where(np.arange(12) == 4, np.nan, values)
        keep = np.arange(12) != 4
        assert compared(lacking, fold) == compared(values[keep], fold[keep])

    def test_one_fold_left_is_no_effect_of_folds(self):
        values = np.array([1.0, 2, np.nan, np.nan])
        found = compared(values, [0, 0, 1, 1])
        assert found.p < 1
        assert np.isfinite(found.ci95).all()

    def test_repeats_are_averaged_by_case(self):
        a, b = np.random.default_rng(0).normal(0, 1, (2, 3, 12))
        folds = Folds(np.arange(12)[None] % 3, 1 / 8)
        found = paired_difference(a, b, folds=folds)
        alone = paired_difference(a.mean(0, keepdims=True), b.mean(0, keepdims=True), folds=folds)
        assert (found.mean, found.ci95, found.p) == (alone.mean, alone.ci95, alone.p)
        assert found.n_seeds == (3, 3)


class TestInterval:
    def interval(self, values, folds, **ends):
        parts = np.asarray(values)[:, None]
        return ratio_intervals(parts, np.ones_like(parts), folds=folds, **ends)[0]

    def test_by_hand(self):
        """Mean 4; by case 20 / 3 / 4; fold means 2 and 6, whose effect is 7 of variance."""
        t = -stdtrit(3, 0.025)
        half = WIDENING_OF_FOLDS * t * np.sqrt(20 / 3 / 4 + 3.5)
        found = self.interval([1, 3, 5, 7], [0, 0, 1, 1], low=-np.inf, high=np.inf)
        assert found == pytest.approx([4 - half, 4 + half])

    def test_a_ratio_of_sums_has_the_effect_of_its_residuals(self):
        """Weights of 2 are the same as twice the values of both sums."""
        values, fold = np.array([0.2, 0.4, 0.7, 0.9]), [0, 0, 1, 1]
        weighed = ratio_intervals(2 * values[:, None], np.full((4, 1), 2.0), folds=fold)[0]
        assert weighed == pytest.approx(self.interval(values, fold))

    def test_partitions_are_those_of_repeats(self):
        values = [0.2, 0.4, 0.7, 0.9]
        one, two = self.interval(values, [0, 0, 1, 1]), self.interval(values, [0, 1, 0, 1])
        both = self.interval(values, [[0, 0, 1, 1], [0, 1, 0, 1]])
        assert both[0] <= min(one[0], two[0])

    def test_cases_that_do_not_count_are_in_no_fold(self):
        parts, wholes = np.array([[0.2, 0.4, 0.7, 0.9, 0.0]]).T, np.array([[1.0, 1, 1, 1, 0]]).T
        found = ratio_intervals(parts, wholes, folds=[0, 0, 1, 1, 2])[0]
        assert found == pytest.approx(self.interval([0.2, 0.4, 0.7, 0.9], [0, 0, 1, 1]))


class TestSimulated:
    @pytest.mark.parametrize(("n", "k"), [(6, 3), (12, 0), (60, 5)])
    def test_intervals_of_pooled_results_contain_the_truth(self, n, k):
        assert 0.93 <= coverage(n, k, "moderate", rounds=600) <= 0.995

    @pytest.mark.parametrize(("n", "k"), [(12, 3), (24, 5), (24, 0)])
    def test_equal_settings_are_rarely_called_different(self, n, k):
        assert called(n, k, "strong", rounds=150) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)

    def test_shared_training_data_have_to_be_corrected_for(self):
        """Without the correction, these simulations would show it."""
        uncorrected = called(24, 3, "strong", rounds=150, corrected=False)
        assert uncorrected > 0.1

    def test_the_documented_shares_are_within_what_is_promised(self):
        text = (CLONE / "docs" / "comparison.md").read_text()
        rows = re.findall(rf"^\| ({'|'.join(WORLDS)}) \| ([\w ]+) \| (.+) \|$", text, re.MULTILINE)
        assert len(rows) == 3 * len(WORLDS) * len(FOLDS)
        shares = np.array([[float(x) for x in row[2].split(" | ")] for row in rows])
        assert shares.shape[1] == len(CASES)
        covered, alarms, _ = np.split(shares, 3)
        assert 0.93 <= covered.min() <= covered.max() <= 0.991
        assert alarms.max() <= 0.05
        documented = covered[list(WORLDS).index("moderate") * len(FOLDS) + 1, CASES.index(12)]
        assert coverage(12, 5, "moderate", rounds=600) == pytest.approx(documented, abs=0.03)
