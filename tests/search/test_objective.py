import json

import pytest
from omegaconf import OmegaConf

from lungseg.errors import ConfigError
from lungseg.search.objective import NoValue, read_objectives, refuse_objectives


@pytest.fixture
def run_dir(tmp_path):
    rows = "epoch,val/loss,val/dsc\n0,0.3,0.7\n1,0.2,0.9\n2,0.1,0.8\n"
    (tmp_path / "metrics.csv").write_text(rows)
    (tmp_path / "provenance.json").write_text(json.dumps({"evaluation": {"epochs": 2}}))
    (tmp_path / "evaluation").mkdir()
    numbers = {
        "pr_auc": {"value": 0.95, "n": 5},
        "hd95_mm_mean": {"value": None, "n": 0},
        "n_slices": 7,
    }
    (tmp_path / "evaluation" / "summary.json").write_text(json.dumps({"val": numbers}))
    return tmp_path


def test_logged_numbers_are_those_of_the_evaluated_epoch(run_dir):
    assert read_objectives(run_dir, ("val/dsc", "val/loss")) == [0.9, 0.2]


def test_evaluated_numbers_are_those_of_the_summary(run_dir):
    assert read_objectives(run_dir, ("val/pr_auc",)) == [0.95]


def test_no_number_is_no_value(run_dir):
    with pytest.raises(NoValue, match="val/hd95_mm_mean is None"):
        read_objectives(run_dir, ("val/hd95_mm_mean",))
    (run_dir / "metrics.csv").write_text("epoch,val/dsc\n1,nan\n")
    with pytest.raises(NoValue, match="val/dsc is nan"):
        read_objectives(run_dir, ("val/dsc",))


def test_a_set_that_the_run_lacks_stops_the_search(run_dir):
    with pytest.raises(ConfigError, match="the split has no validation set"):
        read_objectives(run_dir, ("test/pr_auc",))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("val/dcs", "did you mean val/dsc"),
        ("val/pr_acu", "did you mean val/pr_auc"),
        ("val/hd95_mm", "did you mean val/hd95_mm_mean"),
        ("val/xyzw", "there are val/loss, val/accuracy, val/dsc, val/accuracy_mean"),
        ("val/n_slices", "no run has a number of that name"),
    ],
)
def test_a_number_that_no_run_has_is_refused(name, meant):
    config = OmegaConf.create({"allow_test_selection": False, "split": {"val": [1]}})
    with pytest.raises(ConfigError, match=meant):
        refuse_objectives((name,), config)


def test_test_may_choose_only_when_that_is_asked_for():
    config = OmegaConf.create({"allow_test_selection": False, "split": {"val": [1]}})
    with pytest.raises(ConfigError, match="would choose by the test set"):
        refuse_objectives(("val/dsc", "test/dsc"), config)
    config.allow_test_selection = True
    refuse_objectives(("test/dsc",), config)
    with pytest.raises(ConfigError, match="must be a number of the validation set"):
        refuse_objectives(("train/dsc",), config)


@pytest.mark.parametrize(
    ("name", "what"),
    [("precision", "nothing"), ("specificity", "nothing"), ("recall", "everything")],
)
def test_a_number_that_a_useless_model_is_best_by_is_no_objective_alone(name, what):
    config = OmegaConf.create({"allow_test_selection": False, "split": {"val": [1]}})
    with pytest.raises(ConfigError, match=f"best for a model that predicts {what} as lung"):
        refuse_objectives((f"val/{name}",), config)
    refuse_objectives(("val/recall", "val/precision"), config)
    refuse_objectives((f"val/{name}", "val/dsc"), config)


def test_two_objectives_of_one_useless_model_are_refused_too():
    config = OmegaConf.create({"allow_test_selection": False, "split": {"val": [1]}})
    for names in (("val/precision", "val/specificity"), ("val/ece",)):
        with pytest.raises(ConfigError, match="best for a model that predicts nothing"):
            refuse_objectives(names, config)


def test_a_median_may_be_an_objective():
    config = OmegaConf.create({"allow_test_selection": False, "split": {"val": [1]}})
    refuse_objectives(("val/left_hd95_mm_median",), config)
