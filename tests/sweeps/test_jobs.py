"""A job of a sweep changes no other run's folder, and one that is refused is counted."""

import csv
from pathlib import Path

import pytest

from lungseg.cli import main
from lungseg.runs.status import write_status
from lungseg.sweeps.callback import Folders
from lungseg.sweeps.index import FILE


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Where a job takes no time: it says with which settings it ran."""
    monkeypatch.chdir(tmp_path)

    def run(config, run_dir):
        (run_dir / "ran").write_text(str(config.optimizer.lr))
        write_status(run_dir, "completed")

    monkeypatch.setattr("lungseg.apps.train.run", run)


def sweep(*words):
    return main(["train", "-m", "optimizer.lr=0.1,0.7", "hydra.sweep.dir=sweep", *words])


def settings(folder):
    return [file.read_text() for file in sorted(Path(folder, ".hydra").iterdir())]


def states():
    with Path("sweep", FILE).open() as file:
        return [(row["job"], row["state"]) for row in csv.DictReader(file)]


def test_settings_are_those_of_the_run(capsys):
    assert sweep("hydra.sweep.subdir=x") == 1
    out, err = capsys.readouterr()
    assert "job 1 failed: this folder already contains a run" in out
    assert "1 of 2 jobs failed" in err
    assert Path("sweep/x/ran").read_text() == "0.1"
    config, hydra, overrides = settings("sweep/x")
    assert "lr: 0.1" in config
    assert overrides == "- optimizer.lr=0.1\n"
    assert "output_subdir: .hydra" in hydra
    assert "output_subdir=null" not in hydra
    assert states() == [("1", "failed"), ("x", "completed")]
    assert settings("sweep/.refused/1")[2] == "- optimizer.lr=0.7\n"


def test_settings_are_written_after_a_resumed_run_of_the_same_process():
    Folders.resumes = True
    assert sweep() == 0
    assert settings("sweep/1")[2] == "- optimizer.lr=0.7\n"


def test_jobs_go_by_the_names_of_their_folders():
    assert sweep("hydra.sweep.subdir='lr=${optimizer.lr}'") == 0
    assert states() == [("lr=0.1", "completed"), ("lr=0.7", "completed")]


def test_a_folder_with_a_run_in_it_takes_no_sweep(capsys):
    run = Path("sweep/0")
    run.mkdir(parents=True)
    write_status(run, "completed")
    assert sweep() == 1
    assert "this folder already contains a run" in capsys.readouterr().err
    assert [file.name for file in Path("sweep").rglob("*")] == ["0", "status.json"]
