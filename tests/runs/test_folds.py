"""Which runs are the folds of one cross-validation, and what is refused."""

import pytest

from lungseg.errors import ConfigError, DataError, LungsegError
from lungseg.runs.find import find_runs
from lungseg.runs.folds import repeats_of
from tests.report.fake_runs import config
from tests.runs.fake_folds import NAMES, TESTS, kfold, write_fold, write_folds


def pooled(place, **arguments):
    return repeats_of(find_runs([place]), **arguments)


def refusal(place, **arguments):
    with pytest.raises(LungsegError) as error:
        pooled(place, **arguments)
    return str(error.value)


def test_folds_of_one_cross_validation(tmp_path):
    write_folds(tmp_path)
    (repeat,) = pooled(tmp_path)
    assert [fold.label for fold in repeat.folds] == ["0", "1", "2"]
    assert repeat.cases == NAMES
    assert (repeat.label, repeat.missing) == ("", [])


def test_given_test_cases_are_folds_too(tmp_path):
    for number, cases in enumerate(TESTS):
        split = {"_target_": "lungseg.splits.Explicit", "test": cases, "val": None, "train": None}
        write_fold(tmp_path / str(number), number, split=split | {"seed": 0})
    (repeat,) = pooled(tmp_path)
    assert [list(fold.test) for fold in repeat.folds] == TESTS
    assert [fold.label for fold in repeat.folds] == ["0", "1", "2"]


def test_sites_label_their_folds(tmp_path):
    for number, site in enumerate(["B", "A", "C"]):
        split = {"_target_": "lungseg.splits.LeaveOneSiteOut", "site": site, "seed": 0}
        write_fold(tmp_path / str(number), number, split=split)
    (repeat,) = pooled(tmp_path)
    assert [fold.label for fold in repeat.folds] == ["A", "B", "C"]


def test_a_missing_fold_is_named_with_its_cases(tmp_path):
    write_fold(tmp_path / "a", 0)
    write_fold(tmp_path / "b", 2)
    (repeat,) = pooled(tmp_path)
    assert repeat.missing == ["Fold 1 of 3 is missing: Case_002, Case_003 are in no number here."]


def test_other_seeds_are_repeats(tmp_path):
    for seed in (1, 2):
        write_folds(tmp_path / f"s{seed}", settings=config(seed=seed))
        for number in range(3):
            write_fold(
                tmp_path / f"k{seed}" / str(number),
                number,
                split=kfold(number, seed=5),
                settings=config(seed=seed),
            )
    labels = [repeat.label for repeat in pooled(tmp_path)]
    assert sorted(labels) == [f"seed={a}, split.seed={b}" for a in (1, 2) for b in (0, 5)]
    assert [len(repeat.folds) for repeat in pooled(tmp_path)] == [3] * 4


def test_a_failed_fold_is_refused_until_it_was_trained_again(tmp_path):
    write_folds(tmp_path, 2)
    write_fold(tmp_path / "2", 2, state="failed")
    assert "runs: 2: failed (out of memory); complete it, or" in refusal(tmp_path)
    write_fold(tmp_path / "2-again", 2)
    (repeat,) = pooled(tmp_path)
    assert [fold.run.name for fold in repeat.folds] == ["0", "1", "2-again"]


def test_a_pooled_folder_of_the_sweep_is_no_run_of_it(tmp_path):
    write_folds(tmp_path)
    write_fold(tmp_path / "pooled" / "all", 0, split=kfold("all"))
    assert len(pooled(tmp_path)[0].folds) == 3
    assert "is a pooled result already" in refusal(tmp_path / "pooled")


def test_an_older_run_lacks_settings_that_nobody_typed(tmp_path):
    write_fold(tmp_path / "0", 0)
    newer = config(augment__transforms={"cut_mix": {"p": 0}})
    write_fold(tmp_path / "1", 1, settings=newer, commit="def456")
    assert len(pooled(tmp_path)[0].folds) == 2
    write_fold(tmp_path / "2", 2, settings=newer | {"sampling": {"power": 2}}, commit="def456",
               overrides=["split.fold=2", "sampling=hard"])  # fmt: skip
    assert "differ in more than the fold: sampling.power=null and 2" in refusal(tmp_path)


def fold(number, **arguments):
    return number, arguments


REFUSED = {
    "one run": ([fold(0)], DataError, "0 is one run; a cross-validation has several"),
    "setting": (
        [fold(0), fold(1, settings=config(loss__alpha=0.9))],
        ConfigError,
        "runs: 0 and 1 differ in more than the fold: loss.alpha=0.5 and 0.9",
    ),
    "length": (
        [fold(0), fold(1, settings=config(trainer__max_epochs=9))],
        ConfigError,
        "trainer.max_epochs=4 and 9",
    ),
    "partition": (
        [fold(0), fold(1, split=kfold(1, k=2))],
        ConfigError,
        "differ in more than the fold: split.k=3 and 2",
    ),
    "split": (
        [fold(0), fold(1, split={"_target_": "lungseg.splits.LeaveOneOut", "fold": 1, "seed": 0})],
        ConfigError,
        "split._target_=lungseg.splits.KFold and lungseg.splits.LeaveOneOut",
    ),
    "overlap": (
        [fold(0), fold(1, sets={"train": NAMES[3:], "test": NAMES[1:3]})],
        DataError,
        "runs: 0 and 1 are both tested on Case_001; folds of one cross-validation",
    ),
    "trained on": (
        [fold(0), fold(1, sets={"train": NAMES[:4], "test": TESTS[1]})],
        DataError,
        "runs: 1 is tested on Case_002, which is in its train set",
    ),
    "chosen by": (
        [fold(0), fold(1, sets={"train": NAMES[4:], "val": NAMES[3:4], "test": TESTS[1]})],
        DataError,
        "runs: 1 is tested on Case_003, which is in its val set",
    ),
    "patient": (
        [fold(0, patients={"Case_004": "Case_001"}), fold(1)],
        DataError,
        "runs: 0 is tested on Case_001, of whose patient Case_004 is in its train set",
    ),
    "cohort": (
        [fold(0), fold(1, cohort="d" * 64)],
        DataError,
        "runs: 0 and 1 are of different cohorts",
    ),
    "threshold": (
        [fold(0), fold(1, evaluation={"threshold": 0.4})],
        ConfigError,
        "were evaluated with metrics.threshold=0.5 and 0.4",
    ),
    "empty slices": (
        [fold(0), fold(1, evaluation={"empty_dsc": "one"})],
        ConfigError,
        "were evaluated with metrics.empty_dsc=zero and one",
    ),
    "post-processing": (
        [fold(0), fold(1, evaluation={"postprocess": "Lungs()"})],
        ConfigError,
        "were evaluated with postprocess=none and Lungs()",
    ),
    "test selection": (
        [fold(0, settings=config(allow_test_selection=True)), fold(1)],
        ConfigError,
        "runs: 0 was trained with allow_test_selection=true",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what, tmp_path):
    folds, kind, message = REFUSED[what]
    for place, (number, arguments) in enumerate(folds):
        write_fold(tmp_path / str(place), number, **arguments)
    with pytest.raises(kind, match=".") as error:
        pooled(tmp_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_chosen_within_a_fold_may_differ(tmp_path):
    choice = {"name": "none", "n_cases": 2, "dsc": {"none": 0.9, "lungs": 0.8}}
    for number, chosen in enumerate(["", "Lungs()", ""]):
        evaluation = {"postprocess": chosen, "postprocess_choice": choice}
        write_fold(tmp_path / str(number), number, evaluation=evaluation)
    assert len(pooled(tmp_path)[0].folds) == 3


def test_a_choice_by_the_test_set_has_to_be_allowed(tmp_path):
    write_folds(tmp_path, settings=config(allow_test_selection=True))
    assert len(pooled(tmp_path, allow_test_selection=True)[0].folds) == 3
