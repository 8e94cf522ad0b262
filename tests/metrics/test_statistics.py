"""Comparing runs: against SciPy and by hand, and by simulating error rates."""

import re

import numpy as np
import pytest
from scipy.stats import bootstrap, ttest_ind, ttest_rel, wilcoxon

from benchmarks.statistics import CASES, FAMILIES, REPEATS, compared, false_alarms
from lungseg.metrics.difference import Difference, paired_difference
from lungseg.metrics.statistics import holm, least_cases, least_p, pairs, verdict
from tests.conftest import CLONE


def made(n, repeats=1, shift=0.0, seed=0, spread=0.0):
    random = np.random.default_rng([n, repeats, seed])
    of_seeds = random.normal(0, spread, (repeats, 1))
    return random.normal(shift, 1, (repeats, n)) + of_seeds


def documented_shares(repeats):
    """The row of the table in the docs, of a true difference."""
    text = (CLONE / "docs" / "comparison.md").read_text()
    row = re.search(rf"\| {repeats[0]} and {repeats[1]} \| 1\.2 \| (.+) \|", text).group(1)
    return [float(share) for share in row.split(" | ")]


class TestOneRepeat:
    def test_p_is_scipys(self):
        a, b = made(12), made(12, shift=0.8, seed=1)
        expected = wilcoxon(b[0], a[0], method="exact").pvalue
        assert paired_difference(a, b).p == pytest.approx(expected)

    def test_interval_is_a_bootstrap_t_by_scipys_resamples(self):
        d = np.random.default_rng(0).gamma(1, size=10)

        def squared_t(z, axis):
            return z.mean(axis) ** 2 / (z.var(axis, ddof=1) / z.shape[axis])

        drawn = bootstrap(
            (d - d.mean(),), squared_t, n_resamples=40_000, method="percentile",
            rng=np.random.default_rng(1),
        ).bootstrap_distribution  # fmt: skip
        half = np.quantile(drawn, 0.95) ** 0.5 * d.std(ddof=1) / 10**0.5
        low, high = paired_difference(np.zeros((1, 10)), d[None]).ci95
        assert (low + high) / 2 == pytest.approx(d.mean())
        assert (high - low) / 2 == pytest.approx(half, rel=0.04)  # Both draw.

    @pytest.mark.parametrize("n", [2, 3, 5, 12, 60])
    def test_never_narrower_than_students(self, n):
        for seed in range(20):
            a, b = made(n), made(n, seed=1 + seed)
            low, high = paired_difference(a, b).ci95
            student = ttest_rel(b[0], a[0]).confidence_interval()
            assert low <= student.low + 1e-12
            assert high >= student.high - 1e-12

    def test_many_well_behaved_cases_are_students(self):
        a, b = made(2000), made(2000, seed=1)
        student = ttest_rel(b[0], a[0]).confidence_interval()
        assert paired_difference(a, b).ci95 == pytest.approx(list(student), abs=0.003)


class TestRepeats:
    def test_seeds_that_shift_whole_runs_are_seen(self):
        """A t-test over cases alone would be sure of a difference that the seeds made."""
        cases = np.random.default_rng(0).normal(0, 1, 40)
        noise = np.random.default_rng(1).normal(0, 0.01, (6, 40))
        shifts = np.array([[-0.5], [0.1], [0.4]])
        a, b = cases + shifts + noise[:3], cases + shifts + 0.1 + noise[3:]
        assert ttest_rel(b.mean(0), a.mean(0)).pvalue < 1e-9
        found = paired_difference(a, b)
        assert found.p > 0.5
        assert found.ci95[0] < 0 < found.ci95[1]

    def test_of_seeds_alone_it_is_the_t_test_of_the_runs_means(self):
        random = np.random.default_rng(0)
        a, b = random.normal(0, 1, (3, 1)), random.normal(2, 1, (5, 1))
        noise = random.normal(0, 1e-6, (8, 30))
        found = paired_difference(a + noise[:3], b + noise[3:])
        expected = ttest_ind(b[:, 0], a[:, 0])
        assert found.ci95 == pytest.approx(list(expected.confidence_interval()), rel=1e-4)
        assert found.p == pytest.approx(expected.pvalue, rel=1e-4)

    @pytest.mark.parametrize("spread", [0.0, 0.2, 1.0])
    @pytest.mark.parametrize("repeats", [(2, 2), (1, 3), (3, 5)])
    def test_p_and_interval_agree(self, repeats, spread):
        for seed in range(30):
            a = made(20, repeats[0], 0.0, seed, spread)
            b = made(20, repeats[1], 0.3, 100 + seed, spread)
            found = paired_difference(a, b)
            if found.p < 0.05:  # The larger of two p, and the interval is of one of them.
                assert not found.ci95[0] <= 0 <= found.ci95[1]
            at = paired_difference(a, b + (0 - found.ci95[0]))  # Moved until it touches 0.
            assert at.p >= 0.05 - 1e-6

    def test_equal_seeds_are_not_paired(self):
        a, b = made(15, 3), made(15, 3, seed=1)
        swapped = paired_difference(a[::-1], b)
        assert paired_difference(a, b).ci95 == pytest.approx(swapped.ci95)

    def test_swapping_sides_turns_the_sign(self):
        a, b = made(15, 2), made(15, 3, shift=0.4)
        there, back = paired_difference(a, b), paired_difference(b, a)
        assert back.mean == pytest.approx(-there.mean)
        assert back.ci95 == pytest.approx([-there.ci95[1], -there.ci95[0]])
        assert (back.p, back.n_seeds) == (pytest.approx(there.p), (3, 2))

    def test_units_do_not_matter(self):
        a, b = made(15, 2), made(15, 3, shift=0.4)
        one, thousand = paired_difference(a, b), paired_difference(1000 * a, 1000 * b)
        assert thousand.ci95 == pytest.approx([1000 * end for end in one.ci95])
        assert thousand.p == pytest.approx(one.p)


class TestEdges:
    def test_undefined_cases_are_left_out_of_both(self):
        a, b = made(10, 2), made(10, 3)
        left_out_a, left_out_b = a.copy(), b.copy()
        left_out_a[1, 2], left_out_b[0, 7] = np.nan, np.nan
        keep = [0, 1, 3, 4, 5, 6, 8, 9]
        assert paired_difference(left_out_a, left_out_b) == paired_difference(
            a[:, keep], b[:, keep]
        )

    def test_nothing_can_be_said_of_one_case(self):
        assert paired_difference([[1.0]], [[3.0]]) == Difference(2.0, None, None, 1, (1, 1))
        nothing = paired_difference([[np.nan]], [[3.0]])
        assert np.isnan(nothing.mean)
        assert (nothing.ci95, nothing.p, nothing.n_cases) == (None, None, 0)

    @pytest.mark.parametrize("repeats", [1, 3])
    def test_the_same_run_twice(self, repeats):
        a = np.tile(made(8), (repeats, 1))
        assert paired_difference(a, a) == Difference(0, (0, 0), 1, 8, (repeats, repeats))

    def test_the_same_difference_everywhere(self):
        found = paired_difference(np.zeros((3, 8)), np.ones((3, 8)))
        assert found == Difference(1, (1, 1), 2 / 2**8, 8, (3, 3))

    def test_the_same_tables_give_the_same(self):
        a, b = made(15, 2), made(15, 3)
        assert paired_difference(a, b) == paired_difference(a, b)
        assert paired_difference(a, b).ci95 != paired_difference(a, b, seed=1).ci95

    @pytest.mark.parametrize(
        ("a", "b", "message"),
        [
            ([[1, 2]], [[1, 2, 3]], "a and b must have the shapes"),
            ([1, 2], [1, 2], "a and b must have the shapes"),
            (np.ones((0, 2)), np.ones((1, 2)), "at least one repeat"),
        ],
    )
    def test_shapes(self, a, b, message):
        with pytest.raises(ValueError, match=message):
            paired_difference(a, b)


class TestMultiplicity:
    def test_holm_by_hand(self):
        """4 × 0.005, then 3 × 0.01 = 0.03, then 2 × 0.03 = 0.06; 0.04 may not be below 0.06."""
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_none_does_not_count(self):
        assert holm([None, 0.03, None]) == [None, 0.03, None]
        assert holm([]) == []

    def test_at_most_one(self):
        assert holm([0.6, 0.9, 0.7]) == [1, 1, 1]

    def test_least_p_is_reached(self):
        for n in (2, 5, 6, 9):
            found = paired_difference(np.zeros((1, n)), np.arange(1.0, n + 1)[None])
            assert found.p == least_p(n)

    def test_with_few_cases_nothing_can_be_told(self):
        for n, expected in ((5, "cannot be told"), (6, "better")):
            a, b = np.zeros((1, n)), np.linspace(1, 1.1, n)[None]
            assert pairs({"a": a, "b": b}, higher_is_better=True)[0].verdict == expected
        assert (least_cases(), least_cases(15), least_cases(45)) == (6, 10, 11)

    def test_all_pairs_or_each_with_one(self):
        groups = {name: made(12, shift=shift, seed=i) for i, (name, shift) in enumerate(
            {"a": 0, "b": 3, "c": -3}.items())}  # fmt: skip
        every = pairs(groups, higher_is_better=True)
        assert [(p.a, p.b, p.verdict) for p in every] == [
            ("a", "b", "better"),
            ("a", "c", "worse"),
            ("b", "c", "worse"),
        ]
        assert [p.adjusted_p for p in every] == holm([p.difference.p for p in every])
        one = pairs(groups, higher_is_better=False, reference="c")
        assert [(p.a, p.b, p.verdict) for p in one] == [("c", "a", "worse"), ("c", "b", "worse")]
        with pytest.raises(ValueError, match=r"^reference must be one of a, b, c, got d$"):
            pairs(groups, higher_is_better=True, reference="d")


class TestVerdict:
    @pytest.mark.parametrize(
        ("ends", "p", "higher", "expected"),
        [
            ((0.1, 0.3), 0.04, True, "better"),
            ((0.1, 0.3), 0.04, False, "worse"),
            ((-0.3, -0.1), 0.04, True, "worse"),
            ((-0.3, -0.1), 0.04, False, "better"),
            ((0.1, 0.3), 0.05, True, "cannot be told"),
            ((-0.1, 0.3), 0.04, True, "cannot be told"),
            ((0.0, 0.3), 0.04, True, "cannot be told"),
            ((0.1, 0.3), None, True, "cannot be told"),
            (None, 0.01, True, "cannot be told"),
        ],
    )
    def test_both_must_say_so(self, ends, p, higher, expected):
        difference = Difference(0.0, ends, p, 10, (1, 1))
        assert verdict(difference, p, higher_is_better=higher) == expected


class TestSimulated:
    """Seeds are fixed: the shares are the same each time."""

    @pytest.mark.parametrize("repeats", REPEATS)
    @pytest.mark.parametrize("n_cases", [8, 24])
    @pytest.mark.slow
    def test_intervals_hold_a_true_difference(self, n_cases, repeats):
        held, better = compared(n_cases, repeats, shift=0.25)
        assert 0.93 <= held <= 0.97
        documented = documented_shares(repeats)
        of = CASES.index(n_cases)
        assert held == pytest.approx(documented[of], abs=0.01)
        assert better == pytest.approx(documented[len(CASES) + of], abs=0.01)

    def test_without_a_thought_of_seeds_they_would_not(self):
        """The simulation can tell: Student's t over cases, as if seeds did not exist."""
        random = np.random.default_rng(0)
        held = 0
        for _ in range(300):
            cases, seeds = random.normal(0, 1, 24), random.normal(0, 0.3, (6, 1))
            values = cases + seeds + random.normal(0, 0.3, (6, 24))
            test = ttest_rel(values[3:].mean(0), values[:3].mean(0)).confidence_interval()
            held += test.low <= 0 <= test.high
        assert held / 300 < 0.7

    @pytest.mark.slow
    @pytest.mark.parametrize(("n_cases", "repeats"), FAMILIES)
    def test_of_runs_alike_few_families_hold_a_false_alarm(self, n_cases, repeats):
        assert false_alarms(n_cases, repeats, rounds=300) <= 0.05


def test_with_four_cases_the_interval_is_students():
    """Resampled, so few cases gave intervals ten times as wide, beyond what a DSC can be."""
    by_case = np.array([[-0.301, -0.311, -0.3012, -0.343]])
    low, high = paired_difference(np.zeros((1, 4)), by_case).ci95
    by_t = ttest_rel(by_case[0], np.zeros(4)).confidence_interval()
    assert (low, high) == pytest.approx((by_t.low, by_t.high))
