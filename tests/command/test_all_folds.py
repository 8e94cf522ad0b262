"""``split.fold=all`` becomes the folds that there are, before a job is made."""

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from lungseg.command.all_folds import AllFolds
from lungseg.config import conf_dir
from lungseg.data.cohort import Cohort
from lungseg.errors import Stop
from tests.splits.cohorts import random_cohort

COHORT = random_cohort(5, 0)


@pytest.fixture
def words(monkeypatch):
    """The words of a sweep's command line once it has begun."""
    monkeypatch.setattr("lungseg.apps.prepare.prepare_with_masks", lambda config: cohort[0])
    cohort = [COHORT]

    def run(*typed, of=COHORT):
        cohort[0] = of
        swept = [word for word in typed if "," in word]
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            fixed = [word for word in typed if word not in swept]
            config = compose("train", fixed, return_hydra_config=True)
        with_all = OmegaConf.merge(config, {"hydra": {"overrides": {"task": list(typed)}}})
        AllFolds().on_multirun_start(with_all)
        # As Hydra hands them to its sweeper.
        return OmegaConf.to_container(with_all.hydra.overrides.task, resolve=False)

    return run


def test_kfold_has_k(words):
    assert words("split=kfold", "split.k=3", "split.fold=all", "loss.alpha=0.3,0.6") == [
        *("split=kfold", "split.k=3", "loss.alpha=0.3,0.6", "split.fold=0,1,2")
    ]


def test_what_refers_to_a_setting_stays_as_typed(words):
    assert words("split=kfold", "split.fold=all", "split.seed=${seed}")[1] == "split.seed=${seed}"


def test_one_is_left_out_per_patient(words):
    assert words("split=leave_one_out", "split.fold=all")[-1] == "split.fold=0,1,2,3,4"
    names = COHORT.names
    two_scans = Cohort("", COHORT.cases, {names[0]: "p", names[1]: "p"})
    assert words("split=leave_one_out", "split.fold=all", of=two_scans)[-1] == "split.fold=0,1,2,3"


def test_sites_are_those_of_the_cohort(words, tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"{name},{site}" for name, site in zip(COHORT.names, ["B 2", "A", "B 2", "A", "3"],
                                                   strict=True)]  # fmt: skip
    table.write_text("\n".join(["case,site", *rows]))
    found = words("split=loso", "split.by=site", f"split.table={table}", "split.site=all")
    assert found[-1] == 'split.site="3","A","B 2"'


def test_other_sweeps_are_left_alone(words):
    typed = ["split=kfold", "split.fold=0,1"]
    assert words(*typed) == typed


REFUSED = {
    "k": (["split=kfold", "split.fold=all", "split.k=2,3"], "depend on split.k, which is swept"),
    "split": (
        ["split=kfold,leave_one_out", "+split.fold=all"],
        "the folds depend on split, which is swept over",
    ),
    "no folds": (
        ["split=balanced", "+split.fold=all"],
        "split.fold=all: must be of split=kfold, leave_one_out or loso",
    ),
    "cases": (
        ["split=leave_one_out", "split.fold=all", "data.seed=0,1"],
        "the folds depend on data.seed, which is swept over",
    ),
    "search": (
        ["split=kfold", "split.fold=all", "sweep=bayes_alpha_beta"],
        "split.fold=all: not in a search",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what, words):
    typed, message = REFUSED[what]
    with pytest.raises(Stop) as stopped:
        words(*typed)
    assert message in str(stopped.value.__cause__)
