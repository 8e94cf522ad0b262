"""``lungseg evaluate ckpt=FILE data=…``: what a checkpoint may name, and which cases it has seen."""

import json
import shutil

import numpy as np
import pydicom
import pytest
import torch

from lungseg.data.digests import make_digests
from lungseg.errors import ConfigError
from tests.apps.run_files import contents, damage
from tests.conftest import Cli

NO_REPORT = "report=false"


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


@pytest.mark.slow
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
    split = json.loads(next((tmp_path / "outputs").glob("20*/*/split.json")).read_text())
    assert split["sets"] == {"train": ["Case_007", "Case_008"], "test": ["Case_009"]}
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


@pytest.mark.slow
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

    from lungseg.runs.restore import restore

    def own_loss(checkpoint):
        checkpoint["lungseg"]["config"]["loss"] = {"_target_": "mine.Loss"}
        checkpoint["lungseg"]["config"]["optimizer"] = {"_target_": "mine.Optimizer"}
        checkpoint["state_dict"]["loss.weight"] = torch.ones(1)

    damage(run, own_loss)
    file = run / "checkpoints" / "last.ckpt"
    module = restore(torch.load(file, weights_only=True), file, ["test"], 0.5)
    assert isinstance(module, pl.LightningModule)
    assert module.loss is None


def test_a_checkpoint_cannot_name_a_url_to_open():
    from lungseg.apps import evaluate

    url = "http://user:geheim@127.0.0.1:9/store"
    with pytest.raises(ConfigError, match=r"you give it: store=http://.*@127") as refusal:
        evaluate._noted_store({"store": url})
    assert "geheim" not in str(refusal.value)
    assert evaluate._noted_store({"store": "/data/store"}) == "/data/store"


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


def test_a_checkpoint_that_does_not_tell_its_scans(run, refused):
    damage(run, lambda checkpoint: checkpoint["lungseg"].pop("image_sha256"))
    line = refused("evaluate", f"ckpt={run}/checkpoints/last.ckpt", "data=phantom", "data.size=32")
    assert "written by an older lungseg" in line


@pytest.mark.slow
def test_cases_unlike_those_trained_on_are_said_to_be(trained, cli):
    file = trained.run / "checkpoints" / "last.ckpt"
    same = ("evaluate", f"ckpt={file}", "data=phantom", "data.seed=5", "data.n_cases=2", NO_REPORT)
    done = cli(*same, "data.size=32", "data.n_slices=12")
    assert "Evaluated on other data" in done.stdout
    assert "matrix size" not in done.stdout
    done = cli(*same, "data.size=64", "data.n_slices=12")
    assert "matrix size 64 pixels, in training 32 pixels" in done.stdout, done.stderr
