"""Which runs are repeats, and which settings can be compared."""

import pytest

from lungseg.report.caveats import alarms
from lungseg.report.comparison import compare
from lungseg.report.pairs import MANY
from tests.report.fake_runs import SETS, alpha, config, said


def test_settings_too_alike_for_their_digits_have_names_of_their_own(runs):
    found = compare(runs(alpha(0.123451), alpha(0.123452), alpha(0.5)))
    names = [one.name for one in found.settings]
    assert names == ["loss.alpha=0.1235 (run 0)", "loss.alpha=0.1235 (run 1)", "loss.alpha=0.5"]


def test_seeds_are_repeats(runs):
    each = [alpha(a, seed=seed, dsc=d) for a, d in ((0.2, 0.9), (0.8, 0.95)) for seed in (1, 2, 3)]
    found = compare(runs(*each))
    assert found.differences == ("loss.alpha",)
    assert [[run.seed for run in one.runs] for one in found.settings] == [[1, 2, 3]] * 2
    (pair,) = found.pairs
    assert pair.difference.n_seeds == (3, 3)
    assert pair.verdict == "better"
    assert pair.sentence.startswith("loss.alpha=0.8 is better than loss.alpha=0.2: volume DSC +0.0")
    assert "3 and 3 seeds" in pair.sentence
    assert "One run a setting" not in said(found)


def test_nothing_but_seeds_is_one_setting_without_pairs(runs):
    found = compare(runs(*({"settings": config(seed=seed)} for seed in (1, 2))))
    assert found.differences == ()
    assert found.pairs == ()
    assert found.groups[0].best is None


OTHER = {
    "cohort": ({"cohort": "1" * 64}, "the cohort"),
    "test cases": ({"sets": SETS | {"test": SETS["test"][1:]}}, "the test cases"),
    "training cases": ({"sets": SETS | {"train": ["Case_000"]}}, "the train cases"),
    "threshold": ({"threshold": 0.7}, r"the threshold (0.7; A: 0.5)"),
}


@pytest.mark.parametrize("what", OTHER)
def test_runs_on_other_ground_are_not_ranked_against_each_other(runs, what):
    arguments, words = OTHER[what]
    found = compare(runs(alpha(0.2), alpha(0.5), alpha(0.8, **arguments), alpha(0.9, **arguments)))
    assert [len(group.settings) for group in found.groups] == [2, 2]
    assert [(pair.a.group, pair.b.group) for pair in found.pairs] == [("A", "A"), ("B", "B")]
    assert "Not comparable: the runs fall into 2 groups" in alarms(found)[0]
    assert words in said(found)


def test_validation_chooses_where_there_is_any(runs):
    sets = SETS | {"val": ["Case_011", "Case_012"]}
    each = [alpha(0.1 * k, dsc=0.9 + 0.02 * (k == 4), sets=sets) for k in range(MANY + 1)]
    found = compare(runs(*each))
    (group,) = found.groups
    assert (group.chosen_by, group.best.name) == ("val", "loss.alpha=0.4")
    assert {pair.a.name for pair in found.pairs} == {"loss.alpha=0.4"}
    assert "to choose by the test set" not in said(found)
