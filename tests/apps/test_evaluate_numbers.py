"""The numbers of ``lungseg evaluate`` against other libraries, and by other conventions."""

import csv
import json
import math

import numpy as np
import pytest
import torch
from monai.metrics import compute_hausdorff_distance, compute_surface_dice
from omegaconf import OmegaConf
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from lungseg.config import build
from lungseg.data.cohort import open_cohort
from lungseg.data.store import open_arrays

NO_REPORT = "report=false"


def rows(file):
    with file.open() as opened:
        return list(csv.DictReader(opened))


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


def test_slices_add_up_to_cases(trained):
    by_case = {}
    for row in rows(trained.run / "evaluation" / "slices.csv"):
        counts = by_case.setdefault(row["case"], np.zeros(4, int))
        counts += [int(row[name]) for name in ("tp", "fp", "fn", "tn")]
    for row in rows(trained.run / "evaluation" / "cases.csv"):
        assert [int(row[name]) for name in ("tp", "fp", "fn", "tn")] == by_case[
            row["case"]
        ].tolist()


@pytest.mark.slow
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


@pytest.mark.slow
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
def test_the_conventions_name_nan_can_be_typed_as_it_is(run, cli):
    done = cli("evaluate", f"run={run}", "metrics.empty_dsc=nan", NO_REPORT)
    assert done.returncode == 0, done.stderr
    summary = json.loads((run / "evaluation" / "summary.json").read_text())["test"]
    assert summary["empty_dsc"] == "nan"
    table = rows(run / "evaluation" / "slices.csv")
    assert {row["dsc"] for row in table if row["tp"] == row["fp"] == row["fn"] == "0"} == {""}
