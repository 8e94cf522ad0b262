"""Plans: which scatter they take, by hand and against SciPy, and what they say."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from lungseg.errors import DataError
from lungseg.metrics.planning import cases_for_width, pairs_for_power
from lungseg.report.compared import METRICS
from lungseg.report.differences import differences
from lungseg.report.grouping import group_runs
from lungseg.report.planning import (
    Goal,
    by_patient,
    make_plan,
    pair_sentence,
    width_sentence,
)
from lungseg.report.planning_figure import as_url, planning_figure, svg
from lungseg.report.planning_runs import patients_of, plan_of_cases, plan_of_runs
from tests.report.fake_runs import SETS, alpha

DSC = METRICS["dsc"]
CASES = [f"Case_{k:03d}" for k in range(10)]


def scores(repeats=1, seed=0, n=10):
    random = np.random.default_rng(seed)
    return random.uniform(0.8, 0.95, n) + random.normal(0, 0.01, (repeats, n))


def plan(tables, goal=None, patients=CASES, metric=DSC, **more):
    return make_plan(tables, patients, metric, goal or Goal(), **more)


class TestScatter:
    def test_of_one_run(self):
        table = scores()
        need = plan({"a": table}).width
        assert need.sd == pytest.approx(table.std(ddof=1))
        assert need.mean == pytest.approx(table.mean())
        limit = need.sd * np.sqrt(9 / chi2.ppf(0.2, 9))
        assert need.sd_cautious == pytest.approx(limit)
        assert need.n == cases_for_width(0.02, table.mean(), need.sd)
        assert need.n_cautious == cases_for_width(0.02, table.mean(), limit) > need.n

    def test_repeats_are_single_models(self):
        """The mean over seeds would scatter less than a model does."""
        table = np.array([[0.8, 0.9, 0.7], [0.9, 0.8, 0.7]])
        assert plan({"a": table}, patients=CASES[:3]).width.sd == pytest.approx(0.1)

    def test_cases_of_one_patient_count_once(self):
        table = np.array([[0.8, 0.9, 0.6, 0.6]])
        need = plan({"a": table}, patients=["p", "p", "q", "r"]).width
        assert need.n_patients == 3
        assert need.sd == pytest.approx(np.std([0.85, 0.6, 0.6], ddof=1))

    def test_of_two_settings_by_their_differences(self):
        a, b = scores(2), scores(3, seed=1)
        need = plan({"a": a, "b": b}).pair
        variances = [(other - one).var(ddof=1) for one in a for other in b]
        assert (need.how, need.name) == ("measured", "b against a")
        assert need.sd == pytest.approx(np.sqrt(np.mean(variances)))
        assert need.mean == pytest.approx(b.mean() - a.mean())
        assert need.n == pairs_for_power(0.01, need.sd, 0.8)

    def test_of_one_setting_by_its_seeds(self):
        table = scores(3)
        need = plan({"a": table}).pair
        expected = [(table[j] - table[i]).var(ddof=1) for i, j in ((0, 1), (0, 2), (1, 2))]
        assert (need.how, need.sd) == ("seeds", pytest.approx(np.sqrt(np.mean(expected))))

    def test_of_one_run_by_an_assumption(self):
        made = plan({"a": scores()}, Goal(correlation=0.5))
        assert (made.pair.how, made.pair.sd) == ("assumed", pytest.approx(made.width.sd))

    def test_undefined_cases_are_left_out(self):
        table = scores()
        lacking = np.where(np.arange(10) == 3, np.nan, table)
        assert plan({"a": lacking}).width.n_patients == 9
        assert plan({"a": lacking, "b": scores(seed=1)}).pair.n_patients == 9
        assert np.isnan(by_patient([[0.8, np.nan, 0.7]], ["a", "a", "b"])[0, 0])

    def test_what_scatters_most_leads(self):
        tables = {"a": scores(), "b": scores(seed=1), "c": 1 - 2 * (1 - scores(seed=2))}
        made = plan(tables)
        assert made.width.name == "c"
        assert len(made.pairs) == 3
        assert made.pair.sd == max(need.sd for need in made.pairs)

    @pytest.mark.parametrize(
        ("table", "line"),
        [
            ([[0.8, np.nan]], "a: 1 test patient with a number; a scatter needs two or more"),
            ([[0.8, 0.8]], "a: all 2 test patients are alike; a plan needs a scatter"),
        ],
    )
    def test_nothing_to_plan_from(self, table, line):
        with pytest.raises(ValueError, match=line):
            plan({"a": np.array(table)}, patients=CASES[:2])


class TestSentences:
    def test_of_a_single_run(self):
        made = plan({"a": scores()})
        assert f"0.02 wide needs {made.width.n} test patients, if" in width_sentence(made)
        assert f"tested on {made.pair.n} patients, if their scores have a correlation of 0.8" in (
            pair_sentence(made)
        )

    def test_of_two_settings_in_mm(self):
        made = plan({"a": 30 * scores(), "b": 40 * scores(seed=1)}, Goal(width=2.0, difference=1.0),
                    metric=METRICS["hd95_mm"], farthest=400.0)  # fmt: skip
        assert "interval of the mean HD95 that is 2 mm wide" in width_sentence(made)
        assert "(of 2 settings b scatters most)" in width_sentence(made)
        assert "difference of 1 mm between" in pair_sentence(made)
        assert "as that of b against a" in pair_sentence(made)

    def test_out_of_reach(self):
        made = plan({"a": scores()}, Goal(width=1e-6, difference=1e-6))
        assert (made.width.n, made.pair.n) == (None, None)
        assert "needs more than 1,000,000 test patients" in width_sentence(made)
        assert "tested on more than 1,000,000 patients" in pair_sentence(made)
        assert json.loads(json.dumps(made.as_json()))["widths"][0]["n"] is None


class TestRuns:
    def planned(self, runs, metric="dsc", **goal):
        groups = group_runs(runs, differences(runs), METRICS[metric], "test")
        return plan_of_runs(groups, METRICS[metric], "test", Goal(**goal), patients_of(runs))

    def test_numbers_are_those_of_the_tables(self, runs):
        made = runs(alpha(0.2), alpha(0.8))
        values = [run.cases.query("split == 'test'")["dsc"].to_numpy() for run in made]
        found = self.planned(made)
        assert [need.sd for need in found.widths] == pytest.approx(
            [value.std(ddof=1) for value in values]
        )
        assert found.pair.sd == pytest.approx((values[1] - values[0]).std(ddof=1))

    def test_patients_are_those_that_runs_recorded(self, runs, tmp_path):
        made = runs(alpha(0.2))
        label = dict.fromkeys(SETS["test"][:2], SETS["test"][0])
        (tmp_path / "0" / "split.json").write_text(json.dumps({"patients": label}))
        assert self.planned(made).width.n_patients == len(SETS["test"]) - 1

    def test_groups_that_do_not_compare_make_no_pair(self, runs):
        other = {"sets": SETS | {"test": SETS["test"][:5]}}
        found = self.planned(runs(alpha(0.2), alpha(0.8), alpha(0.5, **other)))
        assert [need.name for need in found.widths] == [
            "group A: loss.alpha=0.2", "group A: loss.alpha=0.8", "group B: 2",
        ]  # fmt: skip
        assert [need.how for need in found.pairs] == ["measured"]

    def test_one_case_is_refused(self, runs):
        with pytest.raises(DataError, match="0: 1 test patient with a number"):
            self.planned(runs(alpha(0.2, sets=SETS | {"test": ["Case_002"]})))


class TestReport:
    def cases(self, n):
        rows = {"split": ["train"] + ["test"] * n, "case": CASES[: n + 1],
                "dsc": [0.5, *scores(n=n)[0]]}  # fmt: skip
        return pd.DataFrame(rows)

    def test_a_plan_of_the_test_cases(self):
        made = plan_of_cases(self.cases(5), {}, Goal())
        assert made.width.sd == pytest.approx(scores(n=5).std(ddof=1))

    @pytest.mark.parametrize(("n", "line"), [(1, "1 test patient: "), (2, "2 test patients: ")])
    def test_too_few_are_said(self, n, line):
        assert plan_of_cases(self.cases(n), {}, Goal()) == f"{line}a plan needs 3 or more."

    def test_patients_count_not_cases(self):
        patients = dict.fromkeys(CASES, "p")
        assert plan_of_cases(self.cases(5), patients, Goal()).startswith("1 test patient:")

    def test_alike_cases_are_said(self):
        table = self.cases(4).assign(dsc=0.9)
        assert "all 4 test patients are alike" in plan_of_cases(table, {}, Goal())


def test_the_figure_is_reproducible_and_marks_what_is_planned(draw):
    made = plan({"a": scores()})
    figure = planning_figure(made, synthetic=True)
    words = draw(figure)
    assert "test patients" in words
    assert "difference 0.005" in words
    assert "synthetic data" in words
    once, again = (svg(planning_figure(made, synthetic=True)) for _ in range(2))
    assert once == again
    assert as_url(once).startswith("data:image/svg+xml;base64,")
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [made.width.n, made.width.n_cautious]
