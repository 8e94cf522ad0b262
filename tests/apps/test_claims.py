"""Runs and sweeps that start together, and runs that are resumed: each has its own folder."""

import os

import pytest
import yaml
from filelock import FileLock

from lungseg.cli import main
from lungseg.runs.claim import MARK
from tests.forked import Forked

SMALL = ("data.size=32", "data.n_slices=12", "logger=none", "report=false",
         "model.base_channels=2", "model.depth=1", "trainer.max_epochs=1")  # fmt: skip


def seeds(folders):
    texts = [(folder / ".hydra" / "overrides.yaml").read_text() for folder in folders]
    return sorted(int(text.split("seed=")[1].split()[0]) for text in texts)


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_twenty_runs_at_one_instant(tmp_path, cli):
    """They share a moment by a name without hours in it, and have the data ready."""
    assert cli("prepare", *SMALL[:2]).returncode == 0
    words = ("train", *SMALL, "hydra.run.dir=${outputs}/runs/${now:noon}")
    runs = [Forked((*words, f"seed={seed}"), tmp_path, os.environ) for seed in range(20)]
    assert [run.wait(1500).returncode for run in runs] == [0] * 20
    folders = sorted((tmp_path / "outputs" / "runs").iterdir())
    assert {folder.name for folder in folders} == {
        "noon", *(f"noon-{number}" for number in range(2, 21)),
    }  # fmt: skip
    assert seeds(folders) == list(range(20))
    for folder in folders:
        made_by = yaml.safe_load((folder / "provenance.json").read_text())["config"]
        assert [made_by["seed"]] == seeds([folder])


@pytest.mark.slow
def test_two_sweeps_in_one_second(tmp_path):
    """Refused in their jobs, to be quick: what counts is that both have jobs of their own."""
    words = ("train", "-m", *SMALL, "hydra.sweep.dir=${outputs}/sweeps/${now:noon}", "loss.alpha=2")
    sweeps = [Forked((*words, f"seed={seed}"), tmp_path, os.environ) for seed in (1, 2)]
    assert [sweep.wait(200).returncode for sweep in sweeps] == [1, 1]
    folders = sorted((tmp_path / "outputs" / "sweeps").iterdir())
    assert [folder.name for folder in folders] == ["noon", "noon-2"]
    assert seeds(folder / "0" for folder in folders) == [1, 2]
    assert all((folder / "sweep.csv").is_file() for folder in folders)


def test_a_folder_with_a_run_is_refused_and_left_as_it_is(run, refused, tmp_path):
    before = files_of(run)
    for command in (["train", *SMALL], ["prepare"], ["evaluate", "run=run"]):
        assert "already contains a run" in refused(*command, f"hydra.run.dir={run}")
    assert "already contains a run" in refused("train", "-m", *SMALL, f"hydra.sweep.dir={run}")
    assert files_of(run) == before


def test_a_run_in_training_is_not_evaluated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "last.ckpt").touch()
    with FileLock(tmp_path / "run" / MARK):
        assert main(["evaluate", "run=run"]) == 1
    assert "another process is running in this folder" in capsys.readouterr().err
    assert main(["evaluate", "run=run"]) == 1  # for it is no checkpoint
    assert "another process" not in capsys.readouterr().err


def resume(run, trained):
    return (
        *("train", "data=lctsc", f"data.root={trained.source}", "model.base_channels=4"),
        *("model.depth=2", "optimizer=adam", "optimizer.lr=0.01", "trainer.precision=32"),
        *("logger=none", "report=false", f"ckpt_path={run}/checkpoints/last.ckpt"),
    )


@pytest.mark.slow
def test_a_resumed_run_keeps_its_settings_until_it_is_accepted(run, refused, trained, cli):
    before = files_of(run / ".hydra")
    words = resume(run, trained)
    line = refused(*words, "trainer.max_epochs=3", "optimizer.lr=0.02")
    assert "optimizer.lr=0.02: the checkpoint's run had 0.01" in line
    refused(*words, "loss.alpha=2")
    assert files_of(run / ".hydra") == before
    assert (run / "status.json").is_file()
    with FileLock(run / MARK):
        line = refused(*words, "trainer.max_epochs=3")
    assert "another process is running in this folder" in line
    assert files_of(run / ".hydra") == before
    assert cli(*words, "trainer.max_epochs=3").returncode == 0
    hydra = yaml.safe_load((run / ".hydra" / "hydra.yaml").read_text())["hydra"]
    assert hydra["output_subdir"] == ".hydra"
    assert "trainer.max_epochs=3" in (run / ".hydra" / "overrides.yaml").read_text()
    assert sorted(path.name for path in run.glob(".*")) == [".hydra", ".run"]


def test_other_ranks_write_no_settings(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    refused("train", *SMALL, "trainer=ddp", "loss.alpha=2", "hydra.run.dir=run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["train.log"]
