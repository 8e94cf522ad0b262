"""One run and one sweep as a user makes them, looked at from outside."""

import csv
import json
import shutil
from collections import Counter
from importlib.metadata import version

import numpy as np
import pydicom
import pytest
import torch
import yaml
from sklearn.metrics import f1_score, precision_score, recall_score

from tests.apps.run_files import wandb_records
from tests.conftest import Cli

SETS = ("train", "test")
FIGURES = [
    "fig01_training", "fig02_histograms", "fig03_accuracy_dsc", "fig04_heatmaps", "fig05_high_dsc",
    "fig06_low_accuracy", "fig07_intermediate_dsc", "fig08_low_dsc", "fig09_empty",
    "fig10_pr_curve", "fig11_position", "fig12_calibration", "fig13_surface_error",
    "fig14_thresholds",
]  # fmt: skip
SERIES = [f"{name}/{what}" for name in SETS for what in ("loss", "accuracy", "dsc")]


@pytest.fixture(scope="module")
def workplace(phantom_root, tmp_path_factory):
    """A folder in which one run and one sweep of two have been made, on a source with names."""
    folder = tmp_path_factory.mktemp("workplace")
    shutil.copytree(phantom_root, folder / "hospital" / "source")
    cli = Cli(folder)
    common = [
        "data=lctsc",
        f"data.root={folder}/hospital/source",
        "trainer.max_epochs=2",
        "model.base_channels=4",
        "model.depth=2",
        "optimizer=adam",
        "optimizer.lr=0.01",
    ]
    for arguments in (
        ["train", *common],
        ["train", "-m", "loss.alpha=0.3,0.6", "report=false", *common],
    ):
        done = cli(*arguments)
        assert done.returncode == 0, done.stderr
        (folder / f"screen-{'sweep' if '-m' in arguments else 'run'}.txt").write_text(done.stdout)
    return folder


@pytest.fixture(scope="module")
def run(workplace):
    (folder,) = [path for path in (workplace / "outputs").glob("20*/*") if path.is_dir()]
    return folder


@pytest.fixture(scope="module")
def slices(run):
    with (run / "evaluation" / "slices.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_run_folder_is_that_of_the_contract(run):
    files = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert files == {
        ".hydra/config.yaml",
        ".hydra/overrides.yaml",
        ".hydra/hydra.yaml",
        ".run",
        "checkpoints/last.ckpt",
        "metrics.csv",
        "evaluation/cases.csv",
        "evaluation/pr_curve.csv",
        "evaluation/score_histograms.npz",
        "evaluation/slices.csv",
        "evaluation/subgroups.csv",
        "evaluation/summary.json",
        *(f"evaluation/figures/{name}.{kind}" for name in FIGURES for kind in ("pdf", "png")),
        "provenance.json",
        "split.json",
        "status.json",
        "report.html",
        "train.log",
    }


def test_metrics_csv(run):
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:7] == ["epoch", *SERIES]
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert all(np.isfinite(float(row[name])) for row in rows for name in SERIES)


def test_slices_csv_has_each_slice_once_with_exact_counts(run, slices, workplace):
    assert list(slices[0]) == [
        "split", "case", "z", "tp", "fp", "fn", "tn", "mask_fraction", "dsc", "accuracy",
    ]  # fmt: skip
    masks = {}
    for file in (workplace / "hospital" / "source" / "Segmentations").iterdir():
        with np.load(file) as arrays:
            masks[file.name.removesuffix("_seg.npz")] = arrays["masks"]
    assert len({(row["case"], row["z"]) for row in slices}) == len(slices)
    assert Counter(row["case"] for row in slices) == {name: len(m) for name, m in masks.items()}
    for row in slices:
        tp, fp, fn, tn = (int(row[name]) for name in ("tp", "fp", "fn", "tn"))
        assert tp + fp + fn + tn == 32 * 32
        assert float(row["mask_fraction"]) == (tp + fn) / 1024
    for name, mask in masks.items():
        positives = sum(int(r["tp"]) + int(r["fn"]) for r in slices if r["case"] == name)
        assert positives == mask.sum()
    test = {row["case"] for row in slices if row["split"] == "test"}
    assert test == {"Case_002", "Case_005", "Case_010", "Case_011"}


def test_summary_follows_from_the_table_by_scikit_learn(run, slices):
    summary = json.loads((run / "evaluation" / "summary.json").read_text())
    assert list(summary) == list(SETS)
    for name in SETS:
        rows = [row for row in slices if row["split"] == name]
        counts = np.array([[int(row[k]) for k in ("tp", "fp", "fn", "tn")] for row in rows])
        tp, fp, fn, tn = counts.sum(axis=0)
        truth, guess = [1, 0, 1, 0], [1, 1, 0, 0]
        weights = {"sample_weight": [tp, fp, fn, tn]}
        assert summary[name]["recall"]["value"] == pytest.approx(
            recall_score(truth, guess, **weights)
        )
        assert summary[name]["precision"]["value"] == pytest.approx(
            precision_score(truth, guess, **weights)
        )
        assert summary[name]["specificity"]["value"] == pytest.approx(
            recall_score(truth, guess, pos_label=0, **weights)
        )
        dscs = [
            f1_score(truth, guess, sample_weight=row, zero_division=0)
            for row in counts
            if row[0] + row[2]
        ]
        assert summary[name]["dsc_mean_nonempty"]["value"] == pytest.approx(np.mean(dscs))
        assert summary[name]["dsc_mean_nonempty"]["n"] == len(dscs)
        assert summary[name]["accuracy_mean"]["value"] == pytest.approx(
            np.mean((counts[:, 0] + counts[:, 3]) / 1024)
        )
        assert summary[name]["n_slices"] == len(rows)
        assert summary[name]["n_empty"] == len(rows) - len(dscs)


def test_the_last_logged_test_numbers_are_those_of_the_evaluation(run):
    with (run / "metrics.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    test = json.loads((run / "evaluation" / "summary.json").read_text())["test"]
    assert float(last["test/dsc"]) == pytest.approx(test["dsc_mean_nonempty"]["value"], abs=1e-6)
    assert float(last["test/accuracy"]) == pytest.approx(test["accuracy_mean"]["value"], abs=1e-6)


def test_provenance(run):
    made_by = json.loads((run / "provenance.json").read_text())
    assert set(made_by) >= {
        "lungseg", "git", "config", "cohort_sha256", "packages", "wandb_run_id", "hardware",
    }  # fmt: skip
    weights = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    # Buffers of batch norm are no parameters.
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    trained = [one.numel() for name, one in weights.items() if not name.endswith(buffers)]
    assert made_by["n_parameters"] == sum(trained)
    assert made_by["failed_cases"] == {}
    assert made_by["config"]["loss"]["alpha"] == pytest.approx(2 / 3)
    assert made_by["packages"]["torch"] == version("torch")


def test_the_checkpoint_loads_without_executing_anything(run):
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["lungseg"]["config"]["model"]["base_channels"] == 4
    assert checkpoint["lungseg"]["split"]["test"][0] == "Case_002"


def test_the_screen_says_what_the_data_are_and_how_it_went(workplace):
    shown = (workplace / "screen-run.txt").read_text()
    assert "SYNTHETIC" in shown
    assert "epoch 2/2" in shown
    assert "mean DSC, non-empty slices" in shown
    caution = "4 test cases: too few to tell how the model does on patients in general."
    assert shown.count(caution) == 1
    in_sweep = (workplace / "screen-sweep.txt").read_text()
    assert "too few" not in in_sweep
    assert shown.count("evaluating 8 train, 4 test cases; drawing figures") == 1
    assert "evaluating" not in in_sweep


def test_wandb_sees_six_series_with_a_point_an_epoch(workplace, run):
    run_id = json.loads((run / "provenance.json").read_text())["wandb_run_id"]
    (folder,) = (workplace / "outputs" / "wandb").glob(f"offline-run-*-{run_id}")
    records = wandb_records(folder)
    history = [r["history"]["item"] for r in records if r["type"] == "history"]
    for name in SERIES:
        assert [row["epoch"] for row in history if name in row] == [0, 1]
    config = next(r["run"]["config"]["update"] for r in records if r["type"] == "run")
    assert config["loss"]["alpha"] == pytest.approx(2 / 3)
    assert len(config["cohort_sha256"]) == 64
    assert [row["test/overlays.count"] for row in history if "test/overlays.count" in row] == [8]
    (overlays,) = (row for row in history if "test/overlays.count" in row)
    assert all("(synthetic)" in caption for caption in overlays["test/overlays.captions"])
    assert all(set(m) == {"reference", "prediction"} for m in overlays["test/overlays.all_masks"])
    assert len(list((folder / "files/media/images/test").glob("*.png"))) == 8
    for name in ("fig02_histograms", "fig03_accuracy_dsc", "fig04_heatmaps", "fig06_low_accuracy"):
        (picture,) = (folder / "files/media/images/evaluation").glob(f"{name}*.png")
        assert picture.read_bytes() == (run / f"evaluation/figures/{name}.png").read_bytes()
    assert list((folder / "files/media/table/evaluation").glob("pr_curve_table*.json"))
    exits = [r["exit"] for r in records if r["type"] == "exit"]
    assert exits[0].get("exit_code", 0) == 0


def test_a_sweep_makes_two_runs_in_one_group(workplace):
    jobs = sorted((workplace / "outputs" / "multirun").glob("*/*/[0-9]"))
    assert [job.name for job in jobs] == ["0", "1"]
    alphas, ids, groups = [], [], []
    for job in jobs:
        made_by = json.loads((job / "provenance.json").read_text())
        alphas.append(made_by["config"]["loss"]["alpha"])
        ids.append(made_by["wandb_run_id"])
        (folder,) = (workplace / "outputs" / "wandb").glob(f"offline-run-*-{ids[-1]}")
        records = wandb_records(folder)
        first = next(r["run"] for r in records if r["type"] == "run")
        groups.append(first["run_group"])
        assert first["config"]["update"]["loss"]["alpha"] == alphas[-1]
        assert (job / "evaluation" / "summary.json").is_file()
    assert alphas == [0.3, 0.6]
    assert len(set(ids)) == 2
    assert len(set(groups)) == 1
    assert groups[0]


def test_nothing_that_identifies_leaves_the_source(workplace):
    """Every name, id, date and UID in the headers, and the source's path, sought in every file."""
    source = workplace / "hospital" / "source"
    needles = {str(source), f"{workplace}/hospital"}
    for file in (source / "Images").rglob("*.dcm"):
        for element in pydicom.dcmread(file, stop_before_pixels=True):
            if element.VR in ("PN", "DA", "UI") or element.keyword == "PatientID":
                needles.add(str(element.value))
    standard = {"1.2.840.10008.5.1.4.1.1.2", ""}  # CT Image Storage
    needles = {needle.encode() for needle in needles - standard}
    assert any(b"^" in needle for needle in needles)
    found = set()
    for path in (workplace / "outputs").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {(path.name, needle) for needle in needles if needle in content}
    assert not found


def test_hydra_kept_the_overrides(run):
    overrides = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text())
    assert "trainer.max_epochs=2" in overrides
    assert "data.root=(not recorded)" in overrides
