"""``lungseg export``: a run in, a model file out; what cannot be exported in one line."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import onnx
import pandas as pd
import pytest
import torch

from lungseg.cli import main
from lungseg.data.store import open_arrays
from lungseg.inference.model import load_model
from tests.apps.run_files import damage
from tests.conftest import Cli


@pytest.fixture(scope="session")
def exported(trained, tmp_path_factory):
    """The folder with the model file of the small trained run, and what the command printed."""
    folder = tmp_path_factory.mktemp("exported")
    done = Cli(folder)("export", f"run={trained.run}", "output=made/model.onnx")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_model_of_a_run(exported, trained):
    folder, printed = exported
    file = folder / "made" / "model.onnx"
    assert "the model: made/model.onnx" in printed
    checkpoint, model = (
        load_model(one, device="cpu") for one in (trained.run / "checkpoints" / "last.ckpt", file)
    )
    hu = torch.randint(-1000, 400, (3, 1, 32, 30), dtype=torch.int16)
    torch.testing.assert_close(model.logits(hu), checkpoint.logits(hu), rtol=0, atol=1e-4)
    assert model.record["checkpoint_sha256"] == checkpoint.sha256
    assert model.domain == checkpoint.domain != {}
    images = checkpoint.record["image_sha256"]
    trained_on = {images[name] for name in checkpoint.record["split"]["train"]}
    assert {*model.record["image_sha256"].values()} == trained_on


def test_the_card_beside_it_has_the_numbers_of_the_evaluation_and_the_cohort(exported, trained):
    text = (exported[0] / "made" / "model.md").read_text()
    test = json.loads((trained.run / "evaluation" / "summary.json").read_text())["test"]
    (cohort,) = trained.folder.glob("outputs/prepared/*/cohort.json")
    cases = json.loads(cohort.read_text())["cases"]
    split = torch.load(trained.run / "checkpoints" / "last.ckpt", weights_only=True)["lungseg"][
        "split"
    ]
    learnt = [cases[name] for name in split["train"]]
    sexes = Counter(case["sex"] for case in learnt).most_common()
    dsc, hd95 = test["right_volume_dsc_mean"], test["hd95_mm_mean"]
    rows = [
        f"| cases | {len(learnt)} |",
        f"| slices | {sum(case['n_slices'] for case in learnt)} |",
        f"| sex | {', '.join(f'{sex}: {n}' for sex, n in sexes)} |",
        f"| DSC of the volume | right lung | {dsc['value']:.4f} |"
        f" {dsc['ci95'][0]:.4f} to {dsc['ci95'][1]:.4f} | {dsc['n']}",
        f"| HD95, mm | both lungs | {hd95['value']:.2f} |",
        "| by | group | cases | patients | DSC of the volume |",
    ]
    table = pd.read_csv(trained.run / "evaluation" / "cases.csv").query("split == 'test'")
    table["sex"] = [cases[name]["sex"] for name in table["case"]]
    for sex, group in table.groupby("sex"):
        n = len(group)
        row = f"| sex | {sex} | {n} (few) | {n} | {group['dsc'].mean():.4f} |"
        assert (row in text) == (len(group) > 1)
    assert table["sex"].value_counts().max() > 1
    assert [row for row in rows if row not in text] == []
    assert "SYNTHETIC DATA" in text
    sha256 = hashlib.sha256((exported[0] / "made" / "model.onnx").read_bytes()).hexdigest()
    assert f"| SHA-256 | {sha256} |" in text


def test_what_is_not_there_is_not_in_the_card(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    checkpoint["lungseg"]["store"] = "outputs/gone"
    torch.save(checkpoint, run / "checkpoints" / "best.ckpt")
    assert main(["export", f"run={run}", "output=a.onnx"]) == 0  # the best one, and last was tested
    text = (tmp_path / "a.md").read_text()
    assert "Not tested: no evaluation of these weights" in text
    assert "The prepared cases were not there" in text


def test_neither_names_nor_places_are_in_what_is_left(exported, trained):
    folder, _ = exported
    words = [
        b"Case_0",
        str(trained.folder).encode(),
        str(trained.source).encode(),
        b"site-packages",
    ]
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert [word for word in words if word in content] == [], file


def test_a_checkpoint_with_another_precision_says_so(run, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = run / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    checkpoint["lungseg"]["config"]["trainer"]["precision"] = "bf16-mixed"
    torch.save(checkpoint, file)
    assert main(["export", f"run={file}", "output=a.onnx"]) == 0
    assert "trained in bf16-mixed; the model file is in fp32" in capfd.readouterr().out
    metadata = json.loads(onnx.load(tmp_path / "a.onnx").metadata_props[0].value)
    assert (metadata["precision"], metadata["trained_precision"]) == ("fp32", "bf16-mixed")


@pytest.mark.slow
def test_int8_is_calibrated_on_the_training_and_gives_the_same_masks(
    exported, run, trained, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (prepared,) = (trained.folder / "outputs" / "prepared").iterdir()
    cohort = shutil.copytree(prepared, tmp_path / "cohort")
    assert main(["export", f"run={run}", "output=a.onnx", "precision=int8", f"store={cohort}"]) == 0
    models = [load_model(file) for file in (exported[0] / "made" / "model.onnx", Path("a.onnx"))]
    assert [model.record["precision"] for model in models] == ["fp32", "int8"]
    scores = []
    for model in models:
        tp = n = 0
        for name in _tested(run):
            image, mask = (array[:] for array in open_arrays(cohort, name))
            found = model.logits(torch.from_numpy(image[:, None])).numpy()[:, 0] >= 0
            tp += int((found & (mask > 0)).sum())
            n += int(found.sum() + (mask > 0).sum())
        scores.append(2 * tp / n)
    # Four channels after two epochs, on 32 x 32 pixels; docs/export.md has it on real CT.
    assert scores[1] == pytest.approx(scores[0], abs=0.005)
    # The other cases are not needed.
    for name in _tested(run):
        shutil.rmtree(cohort / f"{name}.zarr" / "mask")
    assert main(["export", f"run={run}", "output=b.onnx", "precision=int8", f"store={cohort}"]) == 0
    assert Path("b.onnx").read_bytes() == Path("a.onnx").read_bytes()


def _tested(run):
    file = run / "checkpoints" / "last.ckpt"
    return torch.load(file, weights_only=True)["lungseg"]["split"]["test"]


def test_a_url_that_only_the_checkpoint_names_is_not_opened(refused, run):
    def elsewhere(checkpoint):
        checkpoint["lungseg"]["store"] = "http://me:secret@127.0.0.1:9/store"

    damage(run, elsewhere)
    line = refused("export", f"run={run}", "output=a.onnx", "precision=int8")
    assert line.endswith("opened when you give it: store=http://(not recorded)@127.0.0.1:9/store")
    assert main(["export", f"run={run}", "output=a.onnx"]) == 0
    assert "The prepared cases were not there" in Path("a.md").read_text()


REFUSED = {
    "another precision": (["run={run}", "output=a.onnx", "precision=fp8"], "must be fp32 or int8"),
    "no prepared cases": (
        ["run={run}", "output=a.onnx", "store=folder.onnx"],
        "no prepared cohort here (cohort.json is missing); say where they are: store=DIR",
    ),
    "no run": (["output=a.onnx"], "run"),
    "no output": (["run={run}"], "output"),
    "another ending": (["run={run}", "output=a.pt"], "output: must be a file called *.onnx"),
    "a folder": (["run={run}", "output=folder.onnx"], "output: must be a file, and is a folder"),
    "a missing run": (["run=nothing", "output=a.onnx"], "run: no such run folder or file"),
    "no run folder": (["run=folder.onnx", "output=a.onnx"], "run: neither a run folder nor"),
    "several": (["run=both", "output=a.onnx"], "run: contains 2 runs, and a model file holds one"),
    "exported": (["run=b.onnx", "output=a.onnx"], "run: is an exported model already"),
    "in capitals": (["run=B.ONNX", "output=a.onnx"], "run: is an exported model already"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(words, line, refused, run, tmp_path):
    (tmp_path / "folder.onnx").mkdir()
    for name in ("b.onnx", "B.ONNX"):
        (tmp_path / name).write_bytes(b"")
    for name in ("0", "1"):
        shutil.copytree(run, tmp_path / "both" / name)
    assert line in refused("export", *(word.format(run=run) for word in words))
    assert not (tmp_path / "a.onnx").exists()


def test_a_missing_package_is_named_before_anything_is_loaded(refused, run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    line = refused("export", f"run={run}", "output=a.onnx")
    assert line.endswith(
        "lungseg export needs the package onnxruntime: pip install 'lungseg[export]'"
    )
