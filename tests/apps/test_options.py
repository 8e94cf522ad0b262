"""Every option of every group that a run is made of trains, evaluates and leaves a run folder."""

import json
import logging

import pytest

from lungseg.cli import main

OPTIONS = [
    ["model=monai_unet"],
    ["model=unet", "model.base_channels=4"],
    ["loss=bce", "optimizer=adam"],
    ["loss=dice", "loss.reduction=sample", "optimizer=adamw"],
    ["scheduler=cosine", "intensity=full"],
    ["scheduler=onecycle", "intensity=soft_tissue"],
    ["scheduler=plateau", "scheduler.monitor=train/loss"],
    ["split=explicit", "split.test=[Case_001]", "split.val=[Case_002]", "scheduler=plateau"],
    ["split=fraction", "split.val=0.2", "callbacks=[checkpoint,early_stopping,progress]"],
    ["trainer=debug", "logger=none"],
    ["data.num_workers=1", "data.cache_gib=0"],
    ["experiment=paper", "trainer.max_epochs=1", "trainer.precision=32"],
    ["data.cache=device", "data.crop=body", "sampling=balanced"],
    ["allow_test_selection=true", "callbacks.checkpoint.monitor=test/loss"],
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return tmp_path_factory.mktemp("options")


# make test trains every second one.
@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(words, marks=pytest.mark.slow if k % 2 else ())
        for k, words in enumerate(OPTIONS)
    ],
    ids=" ".join,
)
def test_it_trains(overrides, workplace, monkeypatch, capfd):
    monkeypatch.chdir(workplace)
    handlers = logging.getLogger().handlers[:]
    folder = workplace / "-".join(overrides).replace("/", "_")
    small = [
        "data.size=32",
        "data.n_slices=12",
        "logger=csv",
        "trainer.max_epochs=1",
        "report=false",
    ]
    code = main(["train", f"hydra.run.dir='{folder}'", *small, *overrides])
    logging.getLogger().handlers[:] = handlers
    out, err = capfd.readouterr()
    assert code == 0, err
    assert "Warning" not in out + err
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert summary["test"]["n_slices"] > 0
    chosen = "split.val" in folder.name or "test_loss" in folder.name
    checkpoints = {file.name for file in (folder / "checkpoints").iterdir()}
    assert checkpoints == ({"best.ckpt", "last.ckpt"} if chosen else {"last.ckpt"})
    made_by = json.loads((folder / "provenance.json").read_text())["evaluation"]
    assert made_by["file"] == ("best.ckpt" if chosen else "last.ckpt")
    assert ("numbers prove nothing" in out) == ("test_loss" in folder.name)
