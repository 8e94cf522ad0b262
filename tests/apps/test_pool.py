"""``lungseg pool`` as a user types it, and a sweep over all folds."""

import json

import pytest

from lungseg.cli import main
from tests.runs.fake_folds import write_folds


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_sweep_is_pooled_into_its_folder(here, capfd):
    write_folds(here / "sweep")
    assert main(["pool", "runs=sweep", "report=false"]) == 0
    out = capfd.readouterr().out
    assert out.split()[:9] == ["all", "folds", "95", "%", "interval", "n", "fold", "0", "fold"]
    assert "pooled: sweep/pooled/all/evaluation" in out
    assert (here / "sweep" / "pooled" / "all" / "folds.csv").is_file()
    assert main(["pool", "runs=sweep", "report=false"]) == 0  # replaced


def test_runs_are_pooled_into_a_folder_of_their_own(here):
    write_folds(here)
    assert main(["pool", "runs=[0,1,2]", "report=false"]) == 0
    assert main(["pool", "runs=[0,1,2]", "report=false", "output=there"]) == 0
    (made,) = (here / "outputs" / "pool").iterdir()
    for folder in (made, here / "there"):
        assert json.loads((folder / "status.json").read_text())["state"] == "completed"


MISUSE = {
    "nothing": ([], "runs: must be given"),
    "no folder": (["runs=nowhere"], "runs: no such folder [nowhere]"),
    "no run": (["runs=empty"], "runs: neither a run folder nor a folder with runs below it"),
    "one run": (["runs=[0]"], "runs: 0 is one run; a cross-validation has several"),
    "twice": (["runs=[0,1]", "output=1"], "output: this folder contains a run; choose another [1]"),
    "plain": (["0"], "0: run folders are given as runs=0"),
}


@pytest.mark.parametrize("what", MISUSE)
def test_misuse(what, refused, tmp_path):
    arguments, message = MISUSE[what]
    write_folds(tmp_path, 2)
    (tmp_path / "empty").mkdir()
    assert message in refused("pool", *arguments)
    assert not list(tmp_path.rglob("folds.csv"))


def test_the_help_says_what_each_key_means(here, capfd):
    assert main(["pool", "--help"]) == 0
    out = capfd.readouterr().out
    assert "runs with other seeds are repeats" in out
    assert "optimizer" not in out
