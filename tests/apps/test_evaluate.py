"""``lungseg evaluate``: a run once more, a checkpoint on other data, two processes as one."""

import csv
import io
import json
import logging
import math
import re
import shutil
import subprocess
import sys

import numpy as np
import pydicom
import pytest
import torch
from monai.metrics import compute_hausdorff_distance, compute_surface_dice
from omegaconf import OmegaConf
from PIL import Image
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from lungseg.cli import main
from lungseg.config import build
from lungseg.data.cohort import open_cohort
from lungseg.data.digests import make_digests
from lungseg.data.store import open_arrays
from lungseg.errors import ConfigError
from lungseg.evaluation.thumbnails import thumbnail
from tests.conftest import CLONE, Cli

TABLES = ("slices.csv", "cases.csv", "pr_curve.csv", "summary.json")
NO_REPORT = "report=false"


def rows(file):
    with file.open() as opened:
        return list(csv.DictReader(opened))


def contents(run):
    return {name: (run / "evaluation" / name).read_bytes() for name in TABLES}


def differing(again, pictures):
    """Names of pictures that are not the same.

    In three dimensions, which of two dots at one depth is drawn over the other is settled by the
    last bit of a product, so single pixels may differ.
    """
    return [name for name in again if again[name] != pictures[name]
            and not (name.endswith(".png") and alike(again[name], pictures[name]))]  # fmt: skip


def alike(one, other):
    a, b = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (one, other))
    return a.shape == b.shape and (a != b).any(axis=-1).mean() < 1e-3


def without_figures(page):
    """The text of a page; its figures are compared by their pixels."""
    return re.sub(r"data:image/png;base64,[\w+/=]+", "", page.read_text())


@pytest.mark.slow
def test_evaluating_again_gives_the_same_files(run, cli):
    before = contents(run)
    pictures = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    shutil.rmtree(run / "evaluation")
    (run / "report.html").unlink()
    done = cli("evaluate", f"run={run}")
    assert done.returncode == 0, done.stderr
    assert contents(run) == before
    again = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    assert again.keys() == pictures.keys()
    assert differing(again, pictures) == []
    assert (run / "report.html").stat().st_size > 1_000_000


@pytest.mark.slow
def test_two_processes_give_the_files_of_one(run, cli):
    before = contents(run)
    pictures = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    page = without_figures(run / "report.html")
    shutil.rmtree(run / "evaluation")
    done = cli("evaluate", f"run={run}", "trainer.devices=2", "trainer.accelerator=cpu")
    assert done.returncode == 0, done.stderr
    assert contents(run) == before
    again = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    assert again.keys() == pictures.keys()
    assert differing(again, pictures) == []
    assert without_figures(run / "report.html") == page


def test_examples_and_pictures_show_the_slices_of_the_table(run, monkeypatch, tmp_path):
    """Each example's false pixels are those counted in the pass; its picture goes by its name."""
    import lungseg.report.figures
    import lungseg.report.page

    compared, pictured = [], {}

    def draw(found, fetch):
        test = found.slices[found.slices["split"] == "test"]
        for example, row in zip(fetch(test), test.itertuples(), strict=True):
            assert (example.case, example.z) == (row.case, row.z)
            assert (example.prediction & ~example.reference).sum() == row.fp
            assert (example.reference & ~example.prediction).sum() == row.fn
            assert (example.reference & example.prediction).sum() == row.tp
            compared.append(example)
        worst = found.cases[found.cases["split"] == "test"].sort_values("hd95_mm").iloc[-1]
        assert [one.case for one in found.worst] == [
            f"{worst['case']}, reference",
            f"{worst['case']}, prediction",
        ]
        both = np.concatenate([one.distance_mm for one in found.worst])
        assert both.max() >= worst["hd95_mm"]
        return []

    def write_page(file, found, origin, figures, thumbnails):
        pictured.update(thumbnails)

    monkeypatch.setattr(lungseg.report.figures, "draw", draw)
    monkeypatch.setattr(lungseg.report.page, "write_page", write_page)
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    assert main(["evaluate", f"run={run}"]) == 0
    logging.getLogger().handlers[:] = handlers
    assert len(compared) > 40
    for example in compared:
        picture = thumbnail(example.image, example.reference, example.prediction)
        assert pictured[example.case, example.z] == picture


@pytest.mark.slow
def test_more_processes_than_cases(trained, tmp_path):
    """One test case for two processes, as in leave-one-out."""
    cli, file = Cli(tmp_path), trained.run / "checkpoints" / "last.ckpt"
    tables = []
    for devices in (1, 2):
        done = cli(
            *("evaluate", f"ckpt={file}", "data=phantom", "data.seed=5", "data.n_cases=1"),
            *("data.size=32", "data.n_slices=12", NO_REPORT, f"hydra.run.dir={devices}"),
            *(f"trainer.devices={devices}", "trainer.accelerator=cpu"),
        )
        assert done.returncode == 0, done.stderr
        tables.append(contents(tmp_path / str(devices)))
    assert tables[0] == tables[1]


@pytest.fixture(scope="module")
def predicted(trained):
    """Scores, prediction and reference of each test case, by a loop of the test's own."""
    checkpoint = torch.load(trained.run / "checkpoints" / "last.ckpt", weights_only=True)
    record = checkpoint["lungseg"]
    net = build(OmegaConf.create(record["config"]["model"]), "model")
    weights = checkpoint["state_dict"]
    net.load_state_dict({k[4:]: v for k, v in weights.items() if k.startswith("net.")})
    net.eval()
    found = {}
    for case in record["split"]["test"]:
        image, mask = (np.asarray(array[:]) for array in open_arrays(record["store"], case))
        scaled = torch.tensor(((image + 1000) / 1400).clip(0, 1), dtype=torch.float32)
        with torch.no_grad():
            scores = net(scaled[:, None])[:, 0].numpy()
        found[case] = scores, scores >= 0, mask.astype(bool)
    return found


def test_cases_csv_against_monai(trained, predicted):
    spacing = {
        name: case["spacing_mm"]
        for name, case in open_cohort(
            next((trained.folder / "outputs/prepared").iterdir())
        ).cases.items()
    }
    found = {row["case"]: row for row in rows(trained.run / "evaluation" / "cases.csv")}
    assert len(found) == 12
    for case, (_, prediction, reference) in predicted.items():
        row = found[case]
        assert row["split"] == "test"
        tp = (prediction & reference).sum()
        assert int(row["tp"]) == tp
        assert float(row["dsc"]) == pytest.approx(2 * tp / (prediction.sum() + reference.sum()))
        masks = [torch.tensor(mask)[None, None] for mask in (prediction, reference)]
        expected = compute_hausdorff_distance(*masks, percentile=95, spacing=spacing[case])
        assert float(row["hd95_mm"]) == pytest.approx(expected.item(), rel=1e-5)
        expected = compute_surface_dice(*masks, [2.0], spacing=spacing[case])
        assert float(row["surface_dice_2mm"]) == pytest.approx(expected.item(), rel=1e-5)
        difference = (int(prediction.sum()) - int(reference.sum())) * math.prod(spacing[case])
        assert float(row["volume_difference_ml"]) == pytest.approx(difference / 1000)
        sides = [int(row[f"{side}_{n}"]) for side in ("left", "right") for n in ("tp", "fp")]
        assert sum(sides) == prediction.sum()


def test_numbers_over_all_thresholds_against_scikit_learn(trained, predicted):
    summary = json.loads((trained.run / "evaluation" / "summary.json").read_text())["test"]
    scores = np.concatenate([scores.ravel() for scores, _, _ in predicted.values()])
    target = np.concatenate([reference.ravel() for _, _, reference in predicted.values()])
    p = 1 / (1 + np.exp(-scores.astype(np.float64)))
    for key, function, values in (
        ("pr_auc", average_precision_score, scores),
        ("roc_auc", roc_auc_score, scores),
        ("brier", brier_score_loss, p),
    ):
        assert summary[key] == {
            "value": pytest.approx(function(target, values), abs=1e-4),
            "n": len(target),
        }
    curve = rows(trained.run / "evaluation" / "pr_curve.csv")
    assert list(curve[0]) == ["threshold", "precision", "recall"]
    for row in curve[:: len(curve) // 20]:
        called = p >= float(row["threshold"]) - 1e-7
        recall = called[target].mean()
        assert float(row["recall"]) == pytest.approx(recall, abs=2e-3)


def test_the_readmes_table_of_results_is_printed_from_runs(trained):
    done = subprocess.run(
        [sys.executable, CLONE / "docs" / "results.py", trained.run], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    printed = {line.split(" | ")[0].strip("| "): line for line in done.stdout.splitlines()}
    summary = json.loads((trained.run / "evaluation" / "summary.json").read_text())["test"]
    for name, key in (("mean DSC, non-empty slices", "dsc_mean_nonempty"), ("recall", "recall")):
        low, high = summary[key]["ci95"]
        value = f"{summary[key]['value']:.4f}"
        assert printed[name] == f"| {name} | {value} | {value} | {low:.4f} to {high:.4f} |"
    for row in (CLONE / "README.md").read_text().split("## On real CT")[1].splitlines():
        if row.startswith("| ") and "tested on" not in row:
            assert row.split(" | ")[0].strip("| ") in printed


def test_slices_add_up_to_cases(trained):
    by_case = {}
    for row in rows(trained.run / "evaluation" / "slices.csv"):
        counts = by_case.setdefault(row["case"], np.zeros(4, int))
        counts += [int(row[name]) for name in ("tp", "fp", "fn", "tn")]
    for row in rows(trained.run / "evaluation" / "cases.csv"):
        assert [int(row[name]) for name in ("tp", "fp", "fn", "tn")] == by_case[
            row["case"]
        ].tolist()


def test_the_convention_for_empty_slices_changes_what_it_says_and_nothing_else(run, cli):
    before = json.loads((run / "evaluation" / "summary.json").read_text())
    done = cli("evaluate", f"run={run}", "metrics.empty_dsc=one", NO_REPORT)
    assert done.returncode == 0, done.stderr
    after = json.loads((run / "evaluation" / "summary.json").read_text())
    for name in ("train", "test"):
        assert after[name].pop("empty_dsc") == "one"
        assert before[name].pop("empty_dsc") == "zero"
        assert after[name].pop("dsc_mean") != before[name].pop("dsc_mean")
    assert after == before
    both_empty = [
        row["dsc"]
        for row in rows(run / "evaluation" / "slices.csv")
        if row["tp"] == row["fp"] == row["fn"] == "0"
    ]
    assert both_empty
    assert set(both_empty) == {"1.0"}


def test_another_threshold(run, cli):
    done = cli("evaluate", f"run={run}", "metrics.threshold=0.9", NO_REPORT)
    assert done.returncode == 0, done.stderr
    assert "threshold was set to 0.9 after training, which had 0.5" in done.stdout
    # No page or figure of the evaluation before stays beside the new tables.
    assert not (run / "report.html").exists()
    assert not (run / "evaluation" / "figures").exists()
    summary = json.loads((run / "evaluation" / "summary.json").read_text())["test"]
    assert summary["threshold"] == 0.9
    curve = rows(run / "evaluation" / "pr_curve.csv")
    near = min(curve, key=lambda row: abs(float(row["threshold"]) - 0.9))
    assert summary["recall"]["value"] == pytest.approx(float(near["recall"]), abs=5e-3)


@pytest.mark.slow
def test_a_checkpoint_on_other_data(trained, tmp_path):
    cli = Cli(tmp_path)
    file = trained.run / "checkpoints" / "last.ckpt"
    before = contents(trained.run)
    done = cli(
        *("evaluate", f"ckpt={file}", "data=phantom", "data.seed=5", "data.n_cases=2"),
        *("data.size=32", "data.n_slices=12"),
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "outputs").glob("20*/*")
    assert f"evaluation: {folder.relative_to(tmp_path)}" in done.stdout
    assert (folder / "report.html").is_file()
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert list(summary) == ["test"]
    assert summary["test"]["n_cases"] == 2
    made_by = json.loads((folder / "provenance.json").read_text())
    assert made_by["cohort_sha256"] != made_by["trained_on_cohort_sha256"]
    page = (folder / "report.html").read_text()
    assert "Evaluated on other data than the model" in page
    # Without a history there is no figure of one.
    assert not (folder / "evaluation" / "figures" / "fig01_training.png").exists()
    assert contents(trained.run) == before


def test_cases_that_the_model_was_trained_on_are_no_test(trained, tmp_path):
    """Under other names: it is their voxels that tell."""
    source = tmp_path / "renamed"
    # Case_002 is of the test set, the others were trained on.
    for old, new in (("Case_000", "Case_007"), ("Case_001", "Case_008"), ("Case_002", "Case_009")):
        shutil.copytree(trained.source / "Images" / old, source / "Images" / new)
        (source / "Segmentations").mkdir(exist_ok=True)
        mask = source / "Segmentations" / f"{new}_seg.npz"
        shutil.copy(trained.source / "Segmentations" / f"{old}_seg.npz", mask)
    cli, file = Cli(tmp_path), trained.run / "checkpoints" / "last.ckpt"
    done = cli("evaluate", f"ckpt={file}", "data=lctsc", f"data.root={source}", NO_REPORT)
    assert done.returncode == 0, done.stderr
    assert "Case_007, Case_008: known from the checkpoint's train set" in done.stdout
    (folder,) = (tmp_path / "outputs").glob("20*/*")
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert {name: numbers["n_cases"] for name, numbers in summary.items()} == {
        "train": 2,
        "test": 1,
    }

    shutil.rmtree(source / "Images" / "Case_009")
    (source / "Segmentations" / "Case_009_seg.npz").unlink()
    line = cli.refused("evaluate", f"ckpt={file}", "data=lctsc", f"data.root={source}")
    assert "trained on every one of these cases" in line


def test_a_follow_up_scan_of_a_training_patient_is_no_test(run, phantom_root, tmp_path):
    """Another image, another case name; the checkpoint's cohort knows the patient by a digest."""
    source, key = tmp_path / "source", tmp_path / "patient.key"
    for case, patient in (("Case_003", "FOLLOW-UP CANARY"), ("Case_004", "SOMEBODY CANARY")):
        shutil.copytree(phantom_root / "Images" / case, source / "Images" / case)
        for file in (source / "Images" / case).iterdir():
            dataset = pydicom.dcmread(file)
            del dataset[0x0008001C]  # Synthetic Data
            dataset.PatientID = patient
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"1.2.{case[-1]}", ""
            # Other voxels than those that the model was trained on, and no flip to be seen.
            dataset.RescaleIntercept = float(dataset.RescaleIntercept) + 1
            dataset.save_as(file)
        (source / "Segmentations").mkdir(exist_ok=True)
        mask = f"Segmentations/{case}_seg.npz"
        shutil.copy(phantom_root / mask, source / mask)
    key.write_text("a secret for this test alone")

    def known_patient(checkpoint):
        digests = make_digests({"Case_000": "PatientID FOLLOW-UP CANARY"}, key.read_bytes())
        checkpoint["lungseg"]["patient_digests"] = digests.plain()

    damage(run, known_patient)
    cli, file = Cli(tmp_path), run / "checkpoints" / "last.ckpt"
    evaluate = ("evaluate", f"ckpt={file}", "data=lctsc", f"data.root={source}")
    done = cli(*evaluate, f"data.patient_key={key}")
    assert done.returncode == 0, done.stderr
    assert "Case_003: known from the checkpoint's train set by their patient" in done.stdout
    (folder,) = (tmp_path / "outputs").glob("20*/*")
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert {name: numbers["n_cases"] for name, numbers in summary.items()} == {
        "train": 1,
        "test": 1,
    }
    assert "keyed digests" in (folder / "report.html").read_text()
    for path in (tmp_path / "outputs").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for needle in (b"CANARY", b"secret for this", str(key).encode()):
            assert needle not in content, path
    done = cli(*evaluate, "data.patient_key=null", NO_REPORT)
    assert done.returncode == 0, done.stderr
    assert "this cohort has no digests of patients" in done.stdout


def damage(run, change):
    """Alter the checkpoint of a run."""
    file = run / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    change(checkpoint)
    torch.save(checkpoint, file)


def test_a_run_without_a_checkpoint(run, refused):
    shutil.rmtree(run / "checkpoints")
    before = contents(run)
    assert "no checkpoint here" in refused("evaluate", f"run={run}")
    assert contents(run) == before


def test_a_checkpoint_of_another_run(run, refused):
    def other_seed(checkpoint):
        checkpoint["lungseg"]["config"]["seed"] = 7

    damage(run, other_seed)
    line = refused("evaluate", f"run={run}")
    assert "of another run: seed=7 in it, and 0 in the run's provenance.json" in line


def test_a_foreign_class_in_a_checkpoint_is_refused_and_never_imported(
    run, refused, tmp_path, monkeypatch
):
    (tmp_path / "planted.py").write_text("open('trace', 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)

    def foreign_model(checkpoint):
        checkpoint["lungseg"]["config"]["model"] = {"_target_": "planted.Net"}

    damage(run, foreign_model)
    (run / "provenance.json").unlink()
    file = run / "checkpoints" / "last.ckpt"
    for arguments in ([f"run={run}"], [f"ckpt={file}", "data=phantom", "data.size=32"]):
        line = refused("evaluate", *arguments)
        assert "model: the checkpoint names planted.Net, which is not built from a file" in line
        assert "allow_targets=[mypackage]" in line
    assert not (tmp_path / "trace").exists()
    assert "allow_targets=planted: must be a list" in refused(
        "evaluate", f"run={run}", "allow_targets=planted"
    )


def test_a_loss_of_ones_own_needs_no_permission_to_be_evaluated(run, trained):
    """It is not built: the tables are those of the run, loss or not."""
    import pytorch_lightning as pl

    from lungseg.apps.evaluate import restore

    def own_loss(checkpoint):
        checkpoint["lungseg"]["config"]["loss"] = {"_target_": "mine.Loss"}
        checkpoint["lungseg"]["config"]["optimizer"] = {"_target_": "mine.Optimizer"}
        checkpoint["state_dict"]["loss.weight"] = torch.ones(1)

    damage(run, own_loss)
    file = run / "checkpoints" / "last.ckpt"
    module = restore(torch.load(file, weights_only=True), file, ["test"], 0.5)
    assert isinstance(module, pl.LightningModule)
    assert module.loss is None


def test_thresholds_would_replace_each_other_in_a_sweep(run, cli):
    before = contents(run)
    done = cli("evaluate", f"run={run}", "-m", "metrics.threshold=0.3,0.7")
    assert done.returncode != 0
    assert "each job would replace the evaluation of the one before" in done.stdout
    assert contents(run) == before


def test_a_checkpoint_of_another_model(run, refused):
    def other_model(checkpoint):
        checkpoint["lungseg"]["config"]["model"]["depth"] = 3

    damage(run, other_model)
    line = refused("evaluate", f"run={run}")
    assert "of another model: model.depth=3 in it, and 2 in the run's provenance.json" in line


def test_weights_of_another_model(run, refused):
    damage(run, lambda checkpoint: checkpoint["state_dict"].popitem())
    line = refused("evaluate", f"run={run}")
    assert "weights are of another model than the one that it names (lungseg.models.unet" in line


def test_data_other_than_the_trainings(run, trained, refused, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(next((trained.folder / "outputs/prepared").iterdir()), store)
    case = store / "Case_000.zarr" / "zarr.json"
    attributes = json.loads(case.read_text())
    attributes["attributes"]["content_sha256"] = "0" * 64
    case.write_text(json.dumps(attributes))
    line = refused("evaluate", f"run={run}", f"store={store}")
    assert "cohort hash differs" in line


def test_a_checkpoint_cannot_name_a_url_to_open():
    from lungseg.apps import evaluate

    url = "http://user:geheim@127.0.0.1:9/store"
    with pytest.raises(ConfigError, match=r"you give it: store=http://.*@127") as refusal:
        evaluate._noted_store({"store": url})
    assert "geheim" not in str(refusal.value)
    assert evaluate._noted_store({"store": "/data/store"}) == "/data/store"


def test_store_does_not_go_with_a_checkpoint(refused):
    line = refused("evaluate", "ckpt=last.ckpt", "data=phantom", "store=nowhere")
    assert "store: goes with run=RUN_DIR" in line


def test_a_store_with_holes(run, trained, refused, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(next((trained.folder / "outputs/prepared").iterdir()), store)
    (store / "Case_005.zarr" / "mask" / "c.4.0.0").unlink()
    line = refused("evaluate", f"run={run}", f"store={store}")
    assert "Case_005: 1 slices are missing in the store" in line


def test_files_that_are_no_checkpoints(run, refused):
    file = run / "checkpoints" / "last.ckpt"
    torch.save({"state_dict": {}}, file)
    assert "not written by lungseg train" in refused("evaluate", f"run={run}")
    file.write_bytes(b"PK" + b"\0" * 100)
    assert "the checkpoint cannot be read" in refused("evaluate", f"run={run}")


def test_one_scan_in_two_sets_is_refused_though_named_and_masked_otherwise(
    trained, tmp_path, refused
):
    source = tmp_path / "source"
    for old, new in (("Case_000", "Case_000"), ("Case_001", "Case_001"), ("Case_000", "Case_002")):
        shutil.copytree(trained.source / "Images" / old, source / "Images" / new)
        (source / "Segmentations").mkdir(exist_ok=True)
        with np.load(trained.source / "Segmentations" / f"{old}_seg.npz") as arrays:
            masks = arrays["masks"].copy()
        if new == "Case_002":
            masks[tuple(np.argwhere(masks)[0])] = 0
        np.savez(source / "Segmentations" / f"{new}_seg.npz", masks=masks)
    for file in (source / "Images" / "Case_002").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PatientID = "ANOTHER"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.1"
        dataset.save_as(file)
    line = refused(
        "train", "data=lctsc", f"data.root={source}", "split=explicit", "split.test=[Case_002]"
    )
    assert "Case_000 (train) and Case_002 (test) are the same image under two names" in line


@pytest.mark.slow
def test_the_conventions_name_nan_can_be_typed_as_it_is(run, cli):
    done = cli("evaluate", f"run={run}", "metrics.empty_dsc=nan", NO_REPORT)
    assert done.returncode == 0, done.stderr
    summary = json.loads((run / "evaluation" / "summary.json").read_text())["test"]
    assert summary["empty_dsc"] == "nan"
    table = rows(run / "evaluation" / "slices.csv")
    assert {row["dsc"] for row in table if row["tp"] == row["fp"] == row["fn"] == "0"} == {""}


def test_scores_that_are_not_numbers(run, refused):
    def diverged(checkpoint):
        for weights in checkpoint["state_dict"].values():
            weights.fill_(math.nan) if weights.is_floating_point() else None

    damage(run, diverged)
    line = refused("evaluate", f"run={run}")
    assert "output on the train set is not a number" in line
    assert "lower optimizer.lr" in line


@pytest.mark.slow
def test_a_run_without_provenance(run, cli):
    (run / "provenance.json").unlink()
    done = cli("evaluate", f"run={run}")
    assert done.returncode == 0, done.stderr
    made_by = json.loads((run / "provenance.json").read_text())["evaluation"]
    assert (made_by["file"], made_by["epochs"], made_by["threshold"]) == ("last.ckpt", 2, 0.5)


def test_a_checkpoint_that_does_not_tell_its_scans(run, refused):
    damage(run, lambda checkpoint: checkpoint["lungseg"].pop("image_sha256"))
    line = refused("evaluate", f"ckpt={run}/checkpoints/last.ckpt", "data=phantom", "data.size=32")
    assert "written by an older lungseg" in line


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], "give run=outputs/<date>/<time>, or ckpt=FILE with data=…, one of the two"),
        (["run=RUN", "ckpt=x"], "one of the two"),
        (["run=nowhere"], "no such run folder"),
        (["run=RUN", "data=phantom"], "data: goes with ckpt=FILE"),
        (["ckpt=x"], "data: must be given with ckpt"),
        (["ckpt=x", "data=phantom"], "no checkpoint here"),
        (["run=RUN", "metrics.threshold=1"], "metrics.threshold=1: must be a number between"),
        (["run=RUN", "metrics.threshold=0"], "metrics.threshold=0: must be a number between"),
        (["run=RUN", "metrics.empty_dsc=two"], "must be zero, one or nan"),
    ],
)
def test_settings_that_cannot_work(overrides, message, run, refused):
    line = refused("evaluate", *(word.replace("RUN", str(run)) for word in overrides))
    assert message in line


def test_a_pass_cut_short_is_no_evaluation(refused):
    line = refused("train", "+trainer.limit_test_batches=2")
    assert "trainer.limit_test_batches: leave it out" in line
