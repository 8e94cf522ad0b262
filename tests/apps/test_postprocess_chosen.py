"""``postprocess=auto``: what a training chose is what it is evaluated with and delivers."""

import json
import logging
import shutil

import numpy as np
import pytest
import torch

from lungseg.cli import main
from lungseg.inference.model import load_model

CHOSEN = "Lungs(n_lungs=2, min_share=0.25, fill_holes=True, cut_airways=True)"


def summary(folder):
    return json.loads((folder / "evaluation" / "summary.json").read_text())


@pytest.fixture(scope="module")
def auto(phantom_root, tmp_path_factory):
    """A run in which lungs won, whatever its poor masks say, and its training to resume it."""
    folder = tmp_path_factory.mktemp("auto")
    for k in range(4):
        source = phantom_root / "Images" / f"Case_00{k}"
        shutil.copytree(source, folder / "source" / "Images" / source.name)
        mask = phantom_root / "Segmentations" / f"{source.name}_seg.npz"
        (folder / "source" / "Segmentations").mkdir(exist_ok=True)
        shutil.copy(mask, folder / "source" / "Segmentations")
    training = [
        *("train", "data=lctsc", f"data.root={folder}/source", "logger=none"),
        *("split=train_val_test", "split.test=1", "split.val=2"),
        *("model.base_channels=2", "model.depth=2", "trainer.precision=32"),
        *("+trainer.limit_train_batches=2", f"hydra.run.dir={folder}/run", "report=false"),
        *("postprocess=auto", "postprocess.lungs.min_share=0.25"),
    ]
    scores = iter([0.5, 0.75])
    handlers = logging.getLogger().handlers[:]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("lungseg.evaluation.choose.mean_dsc", lambda rows: next(scores))
        assert main([*training, "trainer.max_epochs=1"]) == 0
    logging.getLogger().handlers[:] = handlers
    return folder, training


def test_the_choice_is_recorded(auto):
    run = auto[0] / "run"
    assert {one["postprocess"] for one in summary(run).values()} == {CHOSEN}
    noted = json.loads((run / "provenance.json").read_text())["evaluation"]["postprocess_choice"]
    assert noted["name"] == "lungs"
    assert noted["n_cases"] == 2
    assert noted["dsc"] == {"none": 0.5, "lungs": 0.75}
    for name in ("last.ckpt", "best.ckpt"):
        record = torch.load(run / "checkpoints" / name, weights_only=True)["lungseg"]
        assert record["postprocess"] == noted


def test_it_is_applied_wherever_the_weights_are(auto, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = shutil.copytree(auto[0] / "run", tmp_path / "run")
    shutil.copy(run / "checkpoints" / "best.ckpt", tmp_path / "copy.ckpt")
    assert load_model(tmp_path / "copy.ckpt").postprocess["min_share"] == 0.25
    before = summary(run)
    again = ["evaluate", "run=run", f"store={next((auto[0] / 'outputs' / 'prepared').iterdir())}"]
    monkeypatch.setattr("lungseg.report.figures.draw", lambda evaluation, fetch: [])
    assert main(again) == 0
    assert summary(run) == before
    page = (run / "report.html").read_text()
    told = "postprocess=lungs chosen on 2 validation cases: DSC 0.7500 against 0.5000 with none."
    assert told in page
    assert main(["export", "run=copy.ckpt", "output=a.onnx"]) == 0
    assert load_model(tmp_path / "a.onnx").postprocess["min_share"] == 0.25
    # A row of voxels with a stray one: what is delivered lacks it.
    mask = np.array([[[1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 0]]], bool)
    import lungseg

    for model in ("copy.ckpt", "a.onnx", "run"):
        kept = lungseg.load(tmp_path / model).postprocess(mask, (3, 1, 1))
        assert kept[0, 0].tolist() == [*mask[0, 0, :8].tolist(), False, False, False, False]


def test_a_longer_training_chooses_again(auto, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = shutil.copytree(auto[0] / "run", tmp_path / "run")
    monkeypatch.setattr("lungseg.evaluation.choose.mean_dsc", lambda rows: 0.5)  # a tie
    words = [word for word in auto[1] if not word.startswith("hydra.")]
    last = run / "checkpoints" / "last.ckpt"
    assert main([*words, f"ckpt_path={last}", "trainer.max_epochs=2"]) == 0
    assert "postprocess" not in summary(run)["test"]
    checkpoint = torch.load(last, weights_only=True)
    assert checkpoint["epoch"] == 1
    assert checkpoint["lungseg"]["postprocess"]["name"] == "none"
    assert load_model(run / "checkpoints" / "best.ckpt").postprocess is None


def test_what_cannot_choose_is_refused(auto, refused, tmp_path):
    words = ["data=lctsc", f"data.root={auto[0]}/source", "logger=none", "postprocess=auto"]
    line = refused("train", *words, "split=fraction")
    assert line.endswith("take split=train_val_test, or postprocess=lungs")
    assert not (tmp_path / "outputs" / "20").exists()
    run = auto[0] / "run"
    line = refused("evaluate", f"run={run}", "postprocess=auto")
    assert line.startswith("lungseg evaluate: error: postprocess=auto: only a training chooses")
    line = refused("predict", f"model={run}", "input=x", "output=y", "postprocess=auto")
    assert line.startswith("lungseg predict: error: postprocess=auto: only a training chooses")
    line = refused("train", *words, "postprocess.lungs.n_lungs=3")
    assert line == "lungseg train: error: postprocess: n_lungs must be 1 or 2, got 3"


def test_weights_from_before_the_choice_are_refused(auto, tmp_path, refused):
    file = tmp_path / "early.ckpt"
    checkpoint = torch.load(auto[0] / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    del checkpoint["lungseg"]["postprocess"]
    torch.save(checkpoint, file)
    line = refused("export", f"run={file}", "output=a.onnx")
    assert "the training of this checkpoint ended before it chose (postprocess=auto)" in line
