"""``experiment=strong`` and ``experiment=fast``, from training to masks of single scans."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.apps.predicted import records

COUNTS = ["tp", "fp", "fn", "tn"]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["strong", "fast"])
def test_a_recipe_from_training_to_masks(recipe, three_cases, tmp_path, cli):
    done = cli(
        *("train", f"experiment={recipe}", "data=lctsc", "data.root=source", "split=explicit"),
        *("split.test=[Case_002]", "trainer.max_epochs=12"),
        "data.spacing=8",  # for fewer pixels; of the cases it is 11 mm
        *("logger=none", "report=false", "hydra.run.dir=run"),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "completed"

    # Whatever the network sees, the whole slices are counted.
    case = "Case_002"
    reference = np.load(three_cases / "Segmentations" / f"{case}_seg.npz")["masks"]
    slices = pd.read_csv(tmp_path / "run" / "evaluation" / "slices.csv")
    slices = slices[slices.case == case].sort_values("z")
    assert set(slices[COUNTS].sum(axis=1)) == {reference[0].size}
    assert [*(slices.tp + slices.fn)] == [*np.count_nonzero(reference, axis=(1, 2))]

    # And predict marks what evaluate has counted.
    done = cli("predict", "model=run", f"input=source/Images/{case}", "output=masks")
    assert done.returncode == 0, done.stderr
    (record,) = records(tmp_path / "masks").values()
    cases = pd.read_csv(tmp_path / "run" / "evaluation" / "cases.csv").set_index("case")
    predicted = sum(lung["volume_ml"] for lung in record["lungs"].values())
    assert predicted == pytest.approx(cases.loc[case].predicted_volume_ml, abs=0.01)
    assert predicted > 0


@pytest.mark.slow
def test_a_recipe_with_other_callbacks(tmp_path, cli):
    done = cli(
        *("train", "experiment=fast", "callbacks=[checkpoint,progress]"),
        *("data.size=32", "data.n_slices=12", "data.n_cases=4", "split=explicit"),
        *("split.test=[Case_003]", "trainer.max_epochs=1", "logger=none", "report=false"),
        "hydra.run.dir=run",
    )
    assert done.returncode == 0, done.stderr
    recorded = yaml.safe_load((tmp_path / "run" / ".hydra" / "config.yaml").read_text())
    assert set(recorded["callbacks"]) == {"checkpoint", "progress"}
    # So few steps that batch norm's averages may be far from what the batches had.
    before = pd.read_csv(tmp_path / "run" / "metrics.csv")["train/dsc"].iloc[-1]
    summary = json.loads((tmp_path / "run" / "evaluation" / "summary.json").read_text())
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text())
    far = before - summary["train"]["dsc_mean_nonempty"]["value"] > 0.1
    warned = [text for text in provenance["evaluation"]["warnings"] if "max_epochs" in text]
    assert len(warned) == far
    assert all(text in done.stderr + done.stdout for text in warned)
