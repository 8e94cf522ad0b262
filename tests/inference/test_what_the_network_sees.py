"""Evaluation, prediction and the exported file agree, whatever the network sees of a slice."""

import json
import shutil

import numpy as np
import pytest
import torch

import lungseg
from lungseg.cli import main
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.domain import domain_of
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.data.store import open_arrays
from lungseg.evaluation.collect import unpack
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.run import Task, evaluate
from lungseg.inference.export import to_onnx
from lungseg.inference.model import load_model
from lungseg.models.unet import UNet
from lungseg.runs.restore import recorded_input, restore
from lungseg.sources.lctsc import LctscFolder
from tests.training.test_sizes import trainer

CASE = "Case_001"
SETTINGS = {
    "soft": {"outside": "soft", "crop": "body", "context": 1},
    "channel": {"outside": "channel"},
    "spacing": {"spacing": 8.0},
}
WINDOW = {"_target_": "lungseg.data.intensity.Window", "lower": -1000, "upper": 400}


@pytest.fixture(scope="module")
def cohort(phantom_root, tmp_path_factory):
    """Two cases, and where their files are."""
    root = tmp_path_factory.mktemp("two")
    for name in ("Case_000", CASE):
        shutil.copytree(phantom_root / "Images" / name, root / "Images" / name)
        (root / "Segmentations").mkdir(exist_ok=True)
        shutil.copy(phantom_root / "Segmentations" / f"{name}_seg.npz", root / "Segmentations")
    return root, prepare(LctscFolder(root), root / "store")


def network(channels):
    """Random, with as many voxels above the threshold as below."""
    torch.manual_seed(1)
    net = UNet(depth=2, base_channels=4, in_channels=channels).eval()
    image = torch.rand(2, channels, 32, 32)
    with torch.no_grad():
        net.head.weight *= 3 / net(image).std()
        net.head.bias -= net(image).median()
    return net


def checkpoint(cohort, settings):
    """As a training would leave it."""
    config = {
        "model": {"_target_": "lungseg.models.unet.UNet", "depth": 2, "base_channels": 4},
        "intensity": WINDOW,
        "data": {"batch_size": 5, **settings},
        "metrics": {"threshold": 0.5},
        "trainer": {"precision": "32-true"},
        "postprocess": None,
    }
    channels = config["model"]["in_channels"] = recorded_input(config).channels
    weights = {f"net.{name}": value for name, value in network(channels).state_dict().items()}
    record = {
        "config": config,
        "split": {"train": ["Case_000"], "test": [CASE]},
        "cohort_sha256": cohort.sha256,
        "image_sha256": cohort.image_sha256,
        "domain": domain_of(cohort, ["Case_000"]),
        "synthetic": True,
    }
    return {"state_dict": weights, "epoch": 0, "lungseg": record}


def evaluated(cohort, made, file, folder):
    """The mask that is counted, ``[z, y, x]``."""
    module = restore(made, file, ["test"], 0.5)
    data = SliceDataModule(
        cohort, {"test": [CASE]}, recorded_input(made["lungseg"]["config"]),
        batch_size=5, num_workers=0, cache_gib=0, seed=0,
    )  # fmt: skip
    task = Task(
        module, data, trainer(), cohort, folder, Conventions(0.5, "zero"), Weights("a.ckpt", 1)
    )
    masks = evaluate(task).masks
    shape = cohort.cases[CASE]["fingerprint"]["shape"]
    k = cohort.names.index(CASE)
    return np.stack([unpack(masks[k, z], tuple(shape[1:])) for z in range(shape[0])])


@pytest.mark.parametrize("name", SETTINGS)
def test_one_mask_by_three_ways(name, cohort, tmp_path):
    root, cases = cohort
    made = checkpoint(cases, SETTINGS[name])
    file = tmp_path / "a.ckpt"
    torch.save(made, file)
    counted = evaluated(cases, made, file, tmp_path)
    assert 0.05 < counted.mean() < 0.95  # something to agree on
    model = load_model(file, device="cpu")
    seen = NetworkInput(model.input.intensity, **SETTINGS[name])
    assert model.input.settings == seen.settings
    scan = root / "Images" / CASE
    predicted = lungseg.load(file, device="cpu").predict(scan)
    np.testing.assert_array_equal(predicted.mask, counted)
    (tmp_path / "a.onnx").write_bytes(to_onnx(model))
    exported = lungseg.load(tmp_path / "a.onnx").predict(scan)
    assert np.mean(exported.mask == counted) >= 0.9999
    # Resampling that the model does in training too is nothing that a scan is told of.
    assert "resampled" not in {
        finding.code for one in (predicted, exported) for finding in one.findings
    }
    assert predicted.grid.resampled == (name == "spacing")
    plain = tmp_path / "plain.ckpt"  # the settings matter, or the test would say nothing
    if name == "spacing":
        torch.save(checkpoint(cases, {}), plain)
        assert not np.array_equal(lungseg.load(plain).predict(scan).mask, counted)


def test_a_scan_without_a_patient_fails_alone(cohort, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    _, cases = cohort
    torch.save(checkpoint(cases, SETTINGS["soft"]), tmp_path / "a.ckpt")
    chest = open_arrays(cases.store, CASE)[0][:]
    (tmp_path / "in").mkdir()
    for name, voxels in {"air": np.full_like(chest, -1000), "chest": chest}.items():
        np.savez(tmp_path / "in" / f"{name}.npz", image=voxels)
    spacing = "[{},{},{}]".format(*cases.cases[CASE]["spacing_mm"])
    words = ["model=a.ckpt", "input=in", "output=out", f"spacing_mm={spacing}", "formats=npz"]
    assert main(["predict", *words]) == 1
    err = capfd.readouterr().err
    assert "air: no patient is found in the scan" in err
    assert "Traceback" not in err
    record = json.loads((tmp_path / "out" / "chest" / "prediction.json").read_text())
    assert record["models"][0]["input"]["crop"] == "body"
    assert record["postprocess"] == "none"
    assert not (tmp_path / "out" / "air").exists()
