"""Numbers of a cross-validation, against sums and libraries that know nothing of folds."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from lungseg.errors import DataError
from lungseg.evaluation.pooled import mean_cases, mean_history, pool
from lungseg.metrics.interval import ratio_intervals
from lungseg.runs.find import find_runs
from lungseg.runs.folds import repeats_of
from tests.report.fake_runs import config
from tests.runs.fake_folds import NAMES, SLICES, scores_of, write_folds

COUNTS = ["tp", "fp", "fn", "tn"]


def pooled(place):
    return pool(repeats_of(find_runs([place])))


def tables(place, name):
    """The test rows of all folds, read without our code."""
    frames = [pd.read_csv(file) for file in sorted(place.rglob(f"evaluation/{name}.csv"))]
    every = pd.concat(frames, ignore_index=True)
    return every[every["split"] == "test"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    write_folds(folder)
    return folder


@pytest.fixture(scope="module")
def result(place):
    return pooled(place)


def test_every_slice_of_every_case_once(result):
    assert len(result.slices) == len(NAMES) * SLICES
    assert not result.slices.duplicated(["case", "z"]).any()
    assert list(result.cases["case"]) == NAMES
    assert {*result.slices["split"], *result.cases["split"]} == {"test"}


def test_counts_are_the_sums_of_the_folds_tables(place, result):
    for name in ("slices", "cases"):
        expected = tables(place, name)[COUNTS].sum()
        assert expected.equals(getattr(result, name)[COUNTS].sum())


def test_pooled_ratios_and_means_by_hand(place, result):
    slices, cases = tables(place, "slices"), tables(place, "cases")
    tp, fp, fn, _ = (int(slices[name].sum()) for name in COUNTS)
    assert result.test["recall"]["value"] == tp / (tp + fn)
    assert result.test["recall"]["n"] == tp + fn
    assert result.test["precision"]["value"] == tp / (tp + fp)
    lung = slices[slices["tp"] + slices["fn"] > 0]
    dsc = 2 * lung["tp"] / (2 * lung["tp"] + lung["fp"] + lung["fn"])
    assert result.test["dsc_mean_nonempty"]["value"] == pytest.approx(dsc.mean(), abs=1e-12)
    assert result.test["volume_dsc_mean"]["value"] == pytest.approx(cases["dsc"].mean(), abs=1e-12)
    assert result.test["hd95_mm_median"]["value"] == pytest.approx(cases["hd95_mm"].median())
    assert result.test["n_cases"] == 6
    worst = slices.assign(accuracy=(slices["tp"] + slices["tn"]) / 400).sort_values("accuracy")
    assert result.test["accuracy_min"]["case"] == worst["case"].iloc[0]


def folds_of(result):
    """Of each case, by name; the same in all repeats."""
    fold = {case: each.label for each in result.folds for case in each.test}
    return [fold[case] for case in sorted(fold)]


def test_intervals_are_by_case(place, result):
    by_case = tables(place, "slices").groupby("case")[COUNTS].sum()
    parts = by_case[["tp"]].to_numpy()
    wholes = (by_case["tp"] + by_case["fn"]).to_numpy()[:, None]
    folds = folds_of(result)
    assert len(set(folds)) == 3
    expected = ratio_intervals(parts, wholes, folds=folds)[0]
    assert result.test["recall"]["ci95"] == pytest.approx(expected)
    assert np.diff(expected) > np.diff(ratio_intervals(parts, wholes)[0])


def test_areas_are_those_of_all_scores_together(result):
    scores, labels = (
        np.concatenate([each.numpy() for each in group])
        for group in zip(*(scores_of(seed) for seed in range(3)), strict=True)
    )
    area = average_precision_score(labels, scores)
    assert result.test["pr_auc"]["value"] == pytest.approx(area, abs=1e-3)
    assert result.test["roc_auc"]["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-3)
    assert result.test["pr_auc"]["n"] == len(labels)


def test_without_scores_of_a_fold_there_are_no_areas(place, tmp_path):
    write_folds(tmp_path)
    (tmp_path / "1" / "evaluation" / "score_histograms.npz").unlink()
    lacking, whole = pooled(tmp_path), pooled(place)
    assert lacking.histogram is None
    assert lacking.test["pr_auc"] == {"value": None, "n": 0}
    assert lacking.test["recall"] == whole.test["recall"]


def test_columns_are_those_of_a_run(place, result):
    for name in ("slices", "cases"):
        columns = pd.read_csv(place / "0" / "evaluation" / f"{name}.csv").columns
        assert list(getattr(result, name)) == list(columns)
    summary = json.loads((place / "0" / "evaluation" / "summary.json").read_text())
    assert {*summary["test"]} == {*result.test}


def test_the_folds_stand_beside_the_pooled_numbers(place, result):
    assert list(result.parts) == ["fold 0", "fold 1", "fold 2"]
    own = json.loads((place / "2" / "evaluation" / "summary.json").read_text())["test"]
    assert result.parts["fold 2"] == own


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    """Two repeats of the cross-validation with other models."""
    folder = tmp_path_factory.mktemp("repeated")
    for seed in (1, 2):
        write_folds(folder / str(seed), settings=config(seed=seed), chance=seed)
    return folder


def test_repeats_are_averaged_by_case_first(repeated):
    result = pooled(repeated)
    every = tables(repeated, "cases")
    means = every.groupby("case")["dsc"].mean()
    assert len(every) == 12
    assert list(result.cases["dsc"]) == pytest.approx(list(means))
    number = result.test["volume_dsc_mean"]
    assert (number["n"], result.test["n_cases"], result.test["n_repeats"]) == (6, 6, 2)
    values = means.to_numpy()[:, None]
    expected = ratio_intervals(values, np.ones_like(values), folds=folds_of(result))[0]
    assert number["ci95"] == pytest.approx(expected)


def test_slices_of_repeats_are_told_apart_and_ratios_are_means(repeated):
    result = pooled(repeated)
    assert result.slices.groupby("repeat").size().to_dict() == {"seed=1": 30, "seed=2": 30}
    by_case = tables(repeated, "slices").groupby("case")[COUNTS].sum() / 2
    parts = by_case[["tp"]].to_numpy()
    wholes = (by_case["tp"] + by_case["fn"]).to_numpy()[:, None]
    assert result.test["recall"]["value"] == pytest.approx(parts.sum() / wholes.sum())
    expected = ratio_intervals(parts, wholes, folds=folds_of(result))[0]
    assert result.test["recall"]["ci95"] == pytest.approx(expected)
    assert list(result.parts) == ["seed=1", "seed=2"]


def test_a_lung_missed_in_one_repeat_counts_as_missed():
    rows = [
        {"split": "test", "case": "a", "dsc": 0.9, "left_missed": 0, "left_hd95_mm": 2.0},
        {"split": "test", "case": "a", "dsc": 0.5, "left_missed": 1, "left_hd95_mm": 500.0},
        {"split": "test", "case": "b", "dsc": np.nan, "left_missed": 0, "left_hd95_mm": np.nan},
        {"split": "test", "case": "b", "dsc": 0.0, "left_missed": 0, "left_hd95_mm": 500.0},
    ]
    a, b = mean_cases(pd.DataFrame(rows)).to_dict("records")
    assert (a["dsc"], a["left_missed"], a["left_hd95_mm"]) == (0.7, 1, 251.0)
    # Invented in one repeat, rightly empty in the other: the worst, not half of nothing.
    assert (b["dsc"], b["left_hd95_mm"]) == (0.0, 500.0)


def test_history_is_the_mean_over_folds_by_epoch(place, tmp_path):
    (repeat,) = repeats_of(find_runs([place]))
    history = mean_history(repeat.folds)
    assert list(history["epoch"]) == [0, 1]
    assert list(history["test/dsc"]) == pytest.approx([0.1, 0.2])  # folds have 0, 0.1·k, 0.2·k
    write_folds(tmp_path)
    (tmp_path / "0" / "metrics.csv").unlink()
    (repeat,) = repeats_of(find_runs([tmp_path]))
    assert mean_history(repeat.folds) is None


def test_tables_that_contradict_each_other_are_refused(tmp_path):
    write_folds(tmp_path)
    file = tmp_path / "1" / "evaluation" / "slices.csv"
    slices = pd.read_csv(file)
    slices[slices["case"] != "Case_002"].to_csv(file, index=False)
    with pytest.raises(DataError, match=r"slices.csv and cases.csv have other test cases"):
        pooled(tmp_path)


def test_means_without_post_processing_are_those_of_all_slices_and_volumes(place, tmp_path):
    shutil.copytree(place, tmp_path / "folds")
    files = sorted(tmp_path.rglob("evaluation/summary.json"))
    weights, means = [2, 3, 5], [0.9, 0.5, 0.7]
    for file, n, mean in zip(files, weights, means, strict=True):
        assert "dsc_before_postprocess" not in pooled(tmp_path / "folds").test  # not of all folds
        summary = json.loads(file.read_text())
        before = {"report": {"value": mean, "n": n}, "nnunet": {"value": mean, "n": 1}}
        summary["test"]["dsc_before_postprocess"] = before
        file.write_text(json.dumps(summary))
    found = pooled(tmp_path / "folds").test["dsc_before_postprocess"]
    assert found["report"]["value"] == pytest.approx(np.average(means, weights=weights))
    assert found["report"]["n"] == 10
    assert found["nnunet"] == {"value": pytest.approx(0.7), "n": 3}
