"""The report's positions are tested in the report's cohort alone."""

import shlex

import pytest

from lungseg.config import build
from lungseg.errors import ConfigError
from lungseg.splits import Balanced, Positions
from lungseg.training.setup import split_cohort
from tests.splits.cohorts import TESTED, plain, random_cohort, report_cohort
from tests.training.compose import train_config

ROOT = "data.root=somewhere"


def split_by(cohort, *overrides):
    config = train_config(*overrides)
    return split_cohort(config, build(config.split, "split"), cohort), config.split


@pytest.mark.parametrize("data", ["lctsc", "phantom"])
def test_the_reports_cohort_and_its_stand_in_keep_the_reports_split(data):
    cohort = report_cohort()
    split, used = split_by(cohort, f"data={data}", ROOT)
    names = [f"Case_{i:03d}" for i in range(12)]
    assert split.test == [names[i] for i in TESTED]
    assert split.train == [name for name in names if name not in split.test]
    assert used == train_config("split=paper").split  # recorded as if it had been chosen
    (note,) = split.notes
    assert "positions 2, 5, 10, 11 are tested, as in the report" in note
    assert "split=balanced split.test=4" in note


@pytest.mark.parametrize(
    ("data", "n"), [("nifti", 12), ("tcia", 12), ("lctsc", 13), ("lctsc", 3), ("phantom", 6)]
)
def test_any_other_cohort_is_balanced(data, n):
    cohort = random_cohort(n)
    split, used = split_by(cohort, f"data={data}", ROOT)
    same = Balanced(test=0.33)(cohort)
    assert split.sets() == same.sets()
    assert len(split.test) == round(n / 3)
    assert split.balance == same.balance
    assert used == train_config("split=balanced").split
    assert f"{len(split.test)} of {n} cases are tested" in split.notes[-1]
    assert "split=balanced, the default" in split.notes[-1]


@pytest.mark.parametrize(
    ("n", "test", "k"), [(2, 1, 2), (3, 1, 3), (4, 1, 4), (9, 3, 5), (40, 13, 5)]
)
def test_the_splits_that_are_proposed_are_possible(n, test, k):
    """Sizes are worked out by hand; each proposal is tried as it stands."""
    cohort = random_cohort(n)
    *_, note = split_by(cohort, "data=nifti", ROOT)[0].notes
    proposed = note.partition("others: ")[2].split(", ")
    assert proposed == [
        f"split=balanced split.test={test}",
        f"split=kfold split.k={k} split.fold=0",
        f"split=explicit 'split.test=[{cohort.names[-1]}]'",
    ]
    for words in proposed:
        split, _ = split_by(cohort, "data=nifti", ROOT, *shlex.split(words))
        assert split.test
        assert split.train


def test_the_recipe_of_the_report_brings_no_positions_along():
    cohort = random_cohort(14)
    split, _ = split_by(cohort, "data=nifti", ROOT, "experiment=paper")
    assert split.sets() == Balanced(test=0.33)(cohort).sets()
    split, _ = split_by(report_cohort(), "data=lctsc", ROOT, "experiment=paper")
    assert split.sets() == Positions(test=TESTED)(report_cohort()).sets()


def test_a_size_alone_chooses_balanced_and_positions_alone_are_positions():
    cohort = report_cohort()
    split, used = split_by(cohort, "split.test=2", "split.val=0.25")
    assert split.sets() == Balanced(test=2, val=0.25)(cohort).sets()
    assert (used.test, used.val, used._target_) == (2, 0.25, "lungseg.splits.Balanced")
    split, used = split_by(cohort, "data=nifti", ROOT, "split.test=[0,1]")
    assert (split.test, split.notes) == (["Case_000", "Case_001"], ())
    assert (used.test, used._target_) == ([0, 1], "lungseg.splits.Positions")
    split, used = split_by(cohort, "split.val=[0]")
    assert (split.val, len(split.test), used.test) == (["Case_000"], 4, list(TESTED))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["split.test=some"], "split.test: must be a share of the patients"),
        (["split.test=1.5"], "split.test: must be a share of the patients"),
        (["split.test=[0]", "split.val=2"], "split.val=2: must be a list"),
    ],
)
def test_what_it_cannot_be_is_refused_before_there_is_a_cohort(typed, line):
    with pytest.raises(ConfigError, match=line):
        build(train_config(*typed).split, "split")


def test_one_patient_cannot_be_split():
    with pytest.raises(ConfigError, match="of 1 leave none for training"):
        split_by(plain(["a"]), "data=nifti", ROOT)


def test_where_the_reports_positions_would_divide_a_patient_another_split_is_named():
    cohort = random_cohort(12, patients={"Case_003": "Case_002"})
    with pytest.raises(ConfigError, match="belong to one patient; .*; or choose split=balanced"):
        split_by(cohort, "data=lctsc", ROOT)
    split, _ = split_by(cohort, "data=lctsc", ROOT, "split=balanced")
    assert ("Case_002" in split.test) == ("Case_003" in split.test)


def test_positions_for_validation_bring_no_positions_for_the_test_along():
    with pytest.raises(ConfigError, match=r"split.val: positions need those of the test cases"):
        split_by(random_cohort(14), "data=nifti", ROOT, "split.val=[3]")
    split, _ = split_by(report_cohort(), "data=lctsc", ROOT, "split.val=[3]")
    assert split.sets() == Positions(test=TESTED, val=[3])(report_cohort()).sets()
