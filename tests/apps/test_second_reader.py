"""``data.second_reader=DIR``: readers against each other, beside the model on the test cases."""

import csv
import hashlib
import json

import numpy as np
import pytest
import SimpleITK
import torch

from lungseg.data.store import open_arrays
from tests.apps.run_files import damage
from tests.conftest import Cli

READ = ["Case_002", "Case_010"]
"""Of the test cases, those that another reader drew too."""


def dice(a, b):
    measures = SimpleITK.LabelOverlapMeasuresImageFilter()
    measures.Execute(*(SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for mask in (a, b)))
    return measures.GetDiceCoefficient(1)


@pytest.fixture(scope="module")
def drawn(trained, tmp_path_factory):
    """Masks of a reader who draws a pixel further to the left; also of a training case."""
    folder = tmp_path_factory.mktemp("second") / "reader"
    folder.mkdir()
    (store,) = (trained.folder / "outputs/prepared").iterdir()
    scores = []
    for name in ["Case_000", *READ]:
        mask = open_arrays(store, name)[1][:]
        second = np.roll(mask, 1, axis=2)
        np.savez(folder / f"{name}_reader2.npz", mask=second)
        scores.append(dice(second, mask))
    return Cli(folder.parent), store, float(np.mean(scores[1:]))


def of_cases(folder, name="dsc"):
    with (folder / "evaluation" / "cases.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["case"] in READ]
    assert {row["split"] for row in rows} == {"test"}
    return np.mean([float(row[name]) for row in rows])


def checked(folder, agreement):
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert list(summary) == ["train", "test", "second_reader"]
    beside = summary["second_reader"]
    assert beside["cases"] == READ
    assert beside["reader"]["volume_dsc_mean"]["value"] == pytest.approx(agreement)
    assert beside["reader"]["n_cases"] == 2
    assert "pr_auc" not in beside["reader"]
    assert beside["model"]["volume_dsc_mean"]["value"] == pytest.approx(of_cases(folder))
    assert beside["model"]["hd95_mm_mean"]["value"] == pytest.approx(of_cases(folder, "hd95_mm"))
    assert beside["model"]["n_slices"] == beside["reader"]["n_slices"]
    return summary


@pytest.mark.slow
def test_it_touches_no_training(trained, drawn):
    cli, _, agreement = drawn
    done = cli(
        *("train", "data=lctsc", f"data.root={trained.source}", "hydra.run.dir=run"),
        *("trainer.max_epochs=2", "model.base_channels=4", "model.depth=2", "report=false"),
        *("optimizer=adam", "optimizer.lr=0.01", "trainer.precision=32", "logger=none"),
        "data.second_reader=reader",
    )
    assert done.returncode == 0, done.stderr
    run = cli.folder / "run"
    summary = checked(run, agreement)
    assert "second reader, on 2 test cases: DSC of the volume 0." in done.stdout
    before = json.loads((trained.run / "evaluation" / "summary.json").read_text())
    assert {name: summary[name] for name in before} == before
    weights = [
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for folder in (run, trained.run)
    ]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[1])
    for file in run.rglob("*"):
        assert not file.is_file() or b"reader2.npz" not in file.read_bytes(), file


@pytest.mark.slow
def test_a_run_evaluated_again_and_masks_of_others(run, drawn):
    cli, store, agreement = drawn
    again = cli("evaluate", f"run={run}", "data.second_reader=reader")
    assert again.returncode == 0, again.stderr
    checked(run, agreement)
    page = (run / "report.html").read_text()
    assert 'id="second-reader"' in page
    noted = json.loads((run / "provenance.json").read_text())["evaluation"]["second_reader"]
    files = {name: cli.folder / "reader" / f"{name}_reader2.npz" for name in READ}
    assert noted == {
        "masks_sha256": {
            name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()
        },
        "files_of_no_case": 0,
        "notes": {},
        "flips": {},
    }
    assert "of 2 test cases (Case_002, Case_010)" in page
    # The reader's own masks as predictions: the same numbers on both sides.
    words = (f"data.store={store}", "split=explicit", f"split.test=[{','.join(READ)}]")
    done = cli(
        *("evaluate", "predictions=reader", "data=lctsc", *words, "report=false"),
        *("data.second_reader=reader", "hydra.run.dir=own"),
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads((cli.folder / "own" / "evaluation" / "summary.json").read_text())
    assert summary["second_reader"]["reader"] == summary["second_reader"]["model"]
    test = summary["test"]
    assert all(
        number == test[key]
        for key, number in summary["second_reader"]["model"].items()
        if isinstance(number, dict)
    )
    line = cli.refused("evaluate", f"run={run}", "data.second_reader=gone")
    assert "data.second_reader: no such folder with masks" in line
    (cli.folder / "others").mkdir()
    np.savez(cli.folder / "others" / "Case_000.npz", mask=np.zeros(3))
    line = cli.refused("evaluate", f"run={run}", "data.second_reader=others")
    assert "data.second_reader: no mask for any test case (Case_002, Case_005" in line


@pytest.mark.slow
def test_structures_are_called_as_the_run_says(run, drawn, tmp_path):
    """One file per structure, of which the usual names know none."""
    _, store, _ = drawn
    damage(run, lambda c: c["lungseg"]["config"]["data"].update(lungs={"both": ["pulmo"]}))
    provenance = json.loads((run / "provenance.json").read_text())
    provenance["config"]["data"]["lungs"] = {"both": ["pulmo"]}
    (run / "provenance.json").write_text(json.dumps(provenance))
    mask = open_arrays(store, READ[0])[1][:]
    second = np.roll(mask, 2, axis=2)
    (tmp_path / "reader" / READ[0]).mkdir(parents=True)
    for name, array in (("pulmo", second), ("cor", np.zeros_like(mask))):
        np.savez(tmp_path / "reader" / READ[0] / f"{name}.npz", mask=array)
    done = Cli(tmp_path)(
        "evaluate", f"run={run}", f"store={store}", "data.second_reader=reader", "report=false"
    )
    assert done.returncode == 0, done.stderr
    beside = json.loads((run / "evaluation" / "summary.json").read_text())["second_reader"]
    assert beside["cases"] == READ[:1]
    assert beside["reader"]["volume_dsc_mean"]["value"] == pytest.approx(dice(second, mask))
