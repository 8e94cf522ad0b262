"""Masks that others made, compared with runs that were tested on the same cases."""

import pytest

from lungseg.report.comparison import compare
from tests.report.fake_runs import SETS, alpha, config, said

TEST = {"test": SETS["test"]}


def masks(**more):
    settings = config(predictions__path="(not recorded)", loss__alpha=0.7)
    return {"settings": settings, "sets": TEST, "threshold": None, "weights": None, **more}


def test_paired_with_a_run_of_the_same_test_cases(runs):
    found = compare(runs(alpha(0.2, dsc=0.9), masks(dsc=0.96)))
    assert found.differences == ()  # the settings of one training alone
    (group,) = found.groups
    assert [one.name for one in group.settings] == ["0", "masks 1"]
    (pair,) = found.pairs
    assert pair.difference.n_cases == len(SETS["test"])
    assert pair.difference.mean == pytest.approx(0.06, abs=0.02)
    assert pair.verdict == "better"
    assert "Not all runs are evaluated at the same kind of checkpoint" not in said(found)


def test_names_of_trained_runs_stay(runs):
    found = compare(runs(alpha(0.2), alpha(0.8), masks()))
    assert found.differences == ("loss.alpha",)
    names = [one.name for one in found.settings]
    assert names == ["loss.alpha=0.2", "loss.alpha=0.8", "masks 2"]


@pytest.mark.parametrize("threshold", [None, 0.4])
def test_two_folders_of_masks_are_no_repeats(threshold, runs):
    found = compare(runs(masks(dsc=0.9), masks(dsc=0.95, threshold=threshold)))
    assert [one.name for one in found.settings] == ["masks 0", "masks 1"]
    assert len(found.pairs) == 1


@pytest.mark.parametrize(
    "other",
    [{"cohort": "1" * 64}, {"sets": {"test": SETS["test"][1:]}}, {"threshold": 0.4}],
    ids=["cohort", "cases", "threshold of probabilities"],
)
def test_not_paired_with_what_was_not_evaluated_alike(other, runs):
    found = compare(runs(alpha(0.2), masks(**other)))
    assert len(found.groups) == 2
    assert found.pairs == ()


def test_probabilities_at_the_threshold_of_the_run(runs):
    assert len(compare(runs(alpha(0.2, threshold=0.4), masks(threshold=0.4))).pairs) == 1
