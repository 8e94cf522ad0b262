"""What a sweep leaves is tidied, whatever stopped it."""

import os
import signal
from pathlib import Path

import pytest

from lungseg.cli import main
from lungseg.sweeps.callback import Folders
from lungseg.sweeps.end import _stopped

WORDS = ("prepare", "-m", "data=lctsc", "data.root=/scans/Quasimodo 1,/scans/Quasimodo 2",
         "hydra.sweep.dir=outputs/sweep")  # fmt: skip


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    assert Folders.sweep is None


def tidy():
    files = [file for file in Path("outputs").rglob("*") if file.is_file()]
    assert any(file.name == "multirun.yaml" for file in files)
    assert any(file.name == "sweep.csv" for file in files)
    return not [file for file in files if b"Quasimodo" in file.read_bytes()]


class Launcher:
    """In place of Hydra's: leaves what submitit leaves, and stops."""

    def __init__(self, error, **settings):
        self.error = error

    def setup(self, **settings):
        pass

    def launch(self, job_overrides, initial_job_idx):
        for name in ("1/1_submitted.pkl", "1/1_0_log.err", "1/1_0_log.out"):
            file = Path("outputs/sweep/.submitit") / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("killed at /scans/Quasimodo 1/Images\nas said\n")
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("died"), KeyboardInterrupt(), SystemExit(3)])
@pytest.mark.parametrize("full", ["0", "1"])
def test_a_launcher_that_dies(error, full, monkeypatch):
    from hydra.core.plugins import Plugins

    monkeypatch.setattr(Plugins, "instantiate_launcher", lambda self, **settings: Launcher(error))
    monkeypatch.setenv("HYDRA_FULL_ERROR", full)
    if full == "1" and isinstance(error, RuntimeError):
        with pytest.raises(RuntimeError, match="died"):
            main(list(WORDS))
    else:
        assert main(list(WORDS)) != 0
    assert tidy()
    assert not list(Path("outputs").rglob("*.pkl"))
    printed = Path("outputs/sweep/.submitit/1/1_0_log.out").read_text()
    assert printed == "killed at (not recorded)\nas said\n"


def test_a_search_leaves_what_other_workers_have_launched(monkeypatch, capsys):
    """Their jobs may wait in Slurm's queue. This worker has a place of its own."""
    words = ("train", "-m", "sweep=search", "hydra.sweeper.study_name=s",
             "hydra/launcher=submitit_local", "hydra.sweeper.sampler=nonsense")  # fmt: skip
    folder = Path("outputs/multirun/search/s")
    theirs = [folder / ".submitit/77/77_submitted.pkl", folder / ".submitit/ab/78/78_0_result.pkl",
              folder / "3/.hydra/config.yaml"]  # fmt: skip
    for file in theirs:
        file.parent.mkdir(parents=True)
        file.write_text("half: [writ")
    mine = []

    def search(node, hydra_context, task_function, config, arguments):
        mine.append(Path(str(config.hydra.launcher.submitit_folder)).parent)
        mine[-1].mkdir()
        (mine[-1] / "1_submitted.pkl").touch()
        raise KeyboardInterrupt

    assert main(list(words)) == 1
    assert "sampler=nonsense" in capsys.readouterr().err
    monkeypatch.setattr("lungseg.search.sweeper.search", search)
    assert main(list(words)) == 130
    assert mine[0].parent == folder / ".submitit"
    assert not list(mine[0].iterdir())
    assert all(file.is_file() for file in theirs)


def test_a_job_that_cannot_be_composed():
    assert main([*WORDS, "data.lungs=1,2,${"]) != 0
    assert main([*WORDS, "data.rot=1,2"]) != 0
    assert tidy()


def test_a_sweep_over_sources_runs_each(capfd):
    assert main(list(WORDS)) == 1
    out, err = capfd.readouterr()
    assert out.count("failed: data.root: no such folder") == 2
    assert "2 of 2 jobs failed" in err
    assert "Traceback" not in out + err
    assert tidy()


def test_ctrl_c_in_the_first_moment_of_a_job(monkeypatch):
    """Before its settings are rewritten: the end of the sweep does it."""

    def stop(*arguments):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("lungseg.command.job.hide_source", stop)
    assert main(list(WORDS)) == 130
    assert tidy()


@pytest.mark.parametrize(
    ("command", "states", "said"),
    [
        ("train", ["completed", "failed", "failed"],
         "3 jobs had begun: s/sweep.csv; lungseg train resume=s/2 resumes job 2"),
        ("train", ["failed"], "1 job had begun: s/sweep.csv"),
        ("train", ["completed", "failed", "pruned"], "3 jobs had begun: s/sweep.csv"),
        ("train", [], "0 jobs had begun: s/sweep.csv"),
        ("evaluate", ["completed", "completed", "failed"], "3 jobs had begun: s/sweep.csv"),
    ],
)  # fmt: skip
def test_a_job_that_can_be_resumed_is_named(command, states, said):
    """One that has a checkpoint, unlike a job that failed by its settings."""
    for name in ("0", "2"):
        (Path("s") / name / "checkpoints").mkdir(parents=True)
    for name in ("0", "2") if states[:1] == ["completed"] else ():
        (Path("s") / name / "checkpoints" / "last.ckpt").touch()
    jobs = [{"job": number, "state": state} for number, state in enumerate(states)]
    assert _stopped(command, Path("s").resolve(), jobs) == said
