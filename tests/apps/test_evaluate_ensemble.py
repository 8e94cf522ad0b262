"""``lungseg evaluate model=[…]``: the mean of several models, on cases that none of them knows."""

import csv
import json
import shutil

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from sklearn.metrics import brier_score_loss, roc_auc_score

from lungseg.apps.evaluate_ensemble import _joint_metrics
from lungseg.cli import main
from lungseg.config import build
from lungseg.data.cohort import open_cohort
from lungseg.data.store import open_arrays
from tests.apps.run_files import damage

OTHERS = ("data=phantom", "data.seed=5", "data.n_cases=2", "data.size=32", "data.n_slices=12")
NO_REPORT = "report=false"


def rows(file):
    with file.open() as opened:
        return list(csv.DictReader(opened))


def noisy(checkpoint):
    """Other weights, which see another window."""
    generator = torch.Generator().manual_seed(1)
    for name, weights in checkpoint["state_dict"].items():
        if weights.is_floating_point() and "running" not in name:
            weights += 0.1 * torch.randn(weights.shape, generator=generator)
    checkpoint["lungseg"]["config"]["intensity"] |= {"lower": -1200, "upper": 200}


@pytest.fixture
def second(trained, tmp_path):
    """A run with other weights, another window and another threshold."""
    folder = shutil.copytree(trained.run, tmp_path / "second")
    damage(folder, noisy)
    damage(folder, lambda c: c["lungseg"]["config"]["metrics"].update(threshold=0.3))
    return folder


@pytest.fixture
def evaluated(refused, tmp_path, capfd):
    """Run the command in this process, give its folder and what it printed."""

    def run(*words):
        code = main(["evaluate", "hydra.run.dir=out", *map(str, words)])
        out, err = capfd.readouterr()
        assert code == 0, err
        return tmp_path / "out", out

    return run


def probabilities(run, image):
    """Of one model, by a loop of the test's own."""
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    config = checkpoint["lungseg"]["config"]
    net = build(OmegaConf.create(config["model"]), "model").eval()
    weights = checkpoint["state_dict"]
    net.load_state_dict({k[4:]: v for k, v in weights.items() if k.startswith("net.")})
    low, high = config["intensity"]["lower"], config["intensity"]["upper"]
    scaled = ((image.astype(np.float32) - low) / (high - low)).clip(0, 1)
    with torch.no_grad():
        logits = net(torch.from_numpy(scaled)[:, None])[:, 0].numpy()
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def test_it_is_the_mean_by_hand(trained, second, evaluated, tmp_path):
    words = (f"model=[{trained.run},{second}]", *OTHERS, "data.store=store", NO_REPORT)
    folder, printed = evaluated(*words)
    assert "mean of 2 models after 2 epochs, threshold 0.4" in printed
    table = {row["case"]: row for row in rows(folder / "evaluation" / "cases.csv")}
    means, references = [], []
    assert len(table) == 2
    for case, row in table.items():
        image, mask = (np.asarray(array[:]) for array in open_arrays("store", case))
        both = [probabilities(run, image) for run in (trained.run, second)]
        assert np.abs(both[0] - both[1]).max() > 0.1  # or the mean would say little
        mean, lung = np.mean(both, axis=0), mask > 0
        found = mean >= 0.4
        counts = [(found & lung).sum(), (found & ~lung).sum(), (~found & lung).sum()]
        assert [int(row[name]) for name in ("tp", "fp", "fn")] == counts
        means.append(mean.ravel())
        references.append(lung.ravel())
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert list(summary) == ["test"]
    target, scores = np.concatenate(references), np.concatenate(means)
    for key, function in (("roc_auc", roc_auc_score), ("brier", brier_score_loss)):
        assert summary["test"][key]["value"] == pytest.approx(function(target, scores), abs=1e-4)
    made_by = json.loads((folder / "provenance.json").read_text())
    assert made_by["config"]["ensemble"] == {"members": 2}
    assert made_by["config"]["intensity"]["lower"] == "-1000 / -1200"
    assert [one["epochs"] for one in made_by["members"]] == [2, 2]
    split = json.loads((folder / "split.json").read_text())
    assert split["sets"] == {"test": sorted(table)}
    assert (split["left_out"], split["made_by"], len(split["patients"])) == ([], {}, 2)
    assert made_by["members"][0]["trained_on_cohort_sha256"] != open_cohort("store").sha256


def test_equal_members_give_the_numbers_of_one_on_the_test_cases_of_its_split(
    trained, evaluated, tmp_path
):
    twin = shutil.copytree(trained.run, tmp_path / "folds" / "1")
    shutil.copytree(trained.run, tmp_path / "folds" / "0")
    words = (
        "data=lctsc",
        f"data.root={trained.source}",
        "split=file",
        f"split.file={twin}/split.json",
    )
    folder, _ = evaluated("model=folds", *words, NO_REPORT)
    numbers = ("case", "tp", "fp", "fn", "tn", "dsc", "hd95_mm", "left_recall")
    own, mean = (
        [
            [row[name] for name in numbers]
            for row in rows(run / "evaluation" / "cases.csv")
            if row["split"] == "test"
        ]
        for run in (trained.run, folder)
    )
    assert own == mean
    assert len(own) == 4


def test_cases_that_any_member_knows_are_refused_by_name(trained, second, refused):
    words = ("data=lctsc", f"data.root={trained.source}", NO_REPORT)

    def other_split(checkpoint):
        names = checkpoint["lungseg"]["split"]
        names["val"] = [names["test"].pop(0)]

    damage(second, other_split)
    sets = torch.load(second / "checkpoints" / "last.ckpt", weights_only=True)["lungseg"]["split"]
    line = refused("evaluate", f"model=[{trained.run},{second}]", *words)
    assert "model: cannot be tested on" in line
    assert all(name in line for name in [*sets["train"], *sets["val"]])
    assert not any(name in line for name in sets["test"])
    chosen = f"split.test=[{sets['val'][0]},{sets['test'][0]}]"
    line = refused("evaluate", f"model=[{trained.run},{second}]", *words, "split=explicit", chosen)
    assert f"cannot be tested on {sets['val'][0]}:" in line


REFUSED = {
    "a run": (["run=x"], "run: not with model=[…]"),
    "a checkpoint": (["ckpt=x"], "ckpt: not with model=[…]"),
    "no data": ([], "data: must be given with model=[…]"),
    "one model": (["data=phantom"], "model: is one model; evaluate it by ckpt=FILE"),
    "a setting": (["data=phantom", "metrics.threshold=2"], "metrics.threshold=2"),
    "a reader": (["data=phantom", "data.second_reader=x"], "data.second_reader: goes with one"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(words, line, trained, refused):
    assert line in refused("evaluate", f"model={trained.run}", *words)


def test_members_that_do_not_fit_are_refused(trained, second, refused, tmp_path):
    (tmp_path / "a.onnx").touch()
    line = refused("evaluate", f"model=[{trained.run},a.onnx]", "data=phantom")
    assert "a.onnx is an exported model" in line
    lungs = {"_target_": "lungseg.inference.postprocess.Lungs"}
    damage(second, lambda checkpoint: checkpoint["lungseg"]["config"].update(postprocess=lungs))
    line = refused("evaluate", f"model=[{trained.run},{second}]", *OTHERS)
    assert "trained with different ones; give postprocess=none" in line
    damage(second, lambda checkpoint: checkpoint["lungseg"]["config"].update(postprocess={}))
    damage(second, lambda c: c["lungseg"]["config"]["metrics"].update(empty_dsc="one"))
    line = refused("evaluate", f"model=[{trained.run},{second}]", *OTHERS)
    assert "metrics.empty_dsc: model 1 was trained with zero, model 2 with one; give one" in line
    assert "split: goes with model=[…]" in refused("evaluate", f"run={second}", "split=kfold")


@pytest.mark.slow
def test_its_page(trained, second, evaluated):
    folder, printed = evaluated(f"model=[{trained.run},{second}]", *OTHERS)
    page = (folder / "report.html").read_text()
    assert "mean of 2 models after 2 epochs" in page
    drawn, of_run = (
        {file.name for file in (run / "evaluation" / "figures").glob("*.png")}
        for run in (folder, trained.run)
    )
    assert drawn == of_run - {"fig01_training.png"}  # nothing was trained here
    assert len(drawn) == 13
    assert "Evaluated on other data than the model's own" in printed


def test_covariates_are_those_that_all_members_have():
    """As the records of trainings have them; what was typed is of all."""
    records = [{"config": {"metrics": {"threshold": t, "empty_dsc": e, "subgroups": groups}}}
               for t, e, groups in ((0.5, "zero", ["sex"]), (0.3, "one", ["sex"]))]  # fmt: skip
    joint = _joint_metrics(records, {"empty_dsc": "nan"})
    assert (joint["threshold"], joint["subgroups"]) == (0.4, ["sex"])
    records[1]["config"]["metrics"]["subgroups"] = ["scanner"]
    assert _joint_metrics(records, {"empty_dsc": "nan"})["subgroups"] is None
