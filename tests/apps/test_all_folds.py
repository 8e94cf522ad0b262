"""``split.fold=all``: a sweep over all folds ends with one result."""

import json

import pandas as pd
import pytest

COUNTS = ["tp", "fp", "fn", "tn"]
TINY = (
    *("data.n_cases=5", "data.size=32", "data.n_slices=12", "model.base_channels=4"),
    *("model.depth=2", "trainer.max_epochs=1", "report=false", "logger=none"),
)


def test_a_run_by_itself_has_one_fold(refused):
    line = refused("train", "split=kfold", "split.fold=all")
    assert line.endswith("split.fold=all: trains a run per fold: add -m: lungseg train -m …")


@pytest.mark.slow
def test_five_folds_are_one_result(cli):
    done = cli("train", "-m", "split=kfold", "split.fold=all", *TINY, "hydra.sweep.dir=sweep")
    assert done.returncode == 0, done.stderr
    assert "5 runs: 5 completed" in done.stdout
    assert "95 % interval" in done.stdout
    sweep = cli.folder / "sweep"
    assert "pooled: sweep/pooled/all/evaluation" in done.stdout
    pooled = sweep / "pooled" / "all"
    for name in ("slices", "cases"):
        folds = [pd.read_csv(sweep / str(k) / "evaluation" / f"{name}.csv") for k in range(5)]
        tested = pd.concat([table[table["split"] == "test"] for table in folds])
        table = pd.read_csv(pooled / "evaluation" / f"{name}.csv")
        assert list(table.columns) == list(folds[0].columns)
        assert table[COUNTS].sum().equals(tested[COUNTS].sum())
        assert sorted(table["case"].unique()) == [f"Case_{k:03d}" for k in range(5)]
        assert len(table) == len(tested)
    origin = json.loads((pooled / "provenance.json").read_text())
    assert sorted(origin["pool"]["folds"].values()) == ["0", "1", "2", "3", "4"]
    for case, fold in origin["pool"]["folds"].items():
        sets = json.loads((sweep / fold / "split.json").read_text())["sets"]
        assert case in sets["test"]
        assert case not in sets["train"]
    summary = json.loads((pooled / "evaluation" / "summary.json").read_text())["test"]
    assert summary["pr_auc"]["n"] == int(tested[COUNTS].to_numpy().sum())
