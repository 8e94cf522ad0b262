"""How a sweep over all folds ends: pooled, or with what is missing."""

import re

import pytest
from omegaconf import OmegaConf

from lungseg.sweeps.all_folds import end_folds
from lungseg.sweeps.callback import Folders
from lungseg.sweeps.end import INTERRUPTED, end_sweep
from tests.report.fake_runs import config
from tests.runs.fake_folds import write_fold

WORDS = ["loss.alpha=0.3,0.6", "split.fold=0,1,2"]


@pytest.fixture
def end(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*, pooling=True, words=WORDS, fold="all"):
        plain = {"split": {"fold": fold}, "report": False, "allow_test_selection": False}
        plain["hydra"] = {"overrides": {"task": words}}
        left = end_folds(OmegaConf.create(plain), tmp_path / "sweep", pooling=pooling)
        return left, capsys.readouterr().out

    return run


def job(place, number, alpha, fold, **arguments):
    words = [f"loss.alpha={alpha}", f"split.fold={fold}", *arguments.pop("more", ())]
    settings = config(loss__alpha=alpha, **arguments.pop("changes", {}))
    folder = place / "sweep" / str(number)
    return write_fold(folder, fold, settings=settings, overrides=words, **arguments)


def test_each_setting_is_pooled(end, tmp_path):
    for number in range(6):
        job(tmp_path, number, (0.3, 0.6)[number // 3], number % 3, chance=number)
    left, out = end()
    assert left == 0
    assert "loss.alpha=0.3, as one result:" in out
    assert "lungseg compare runs=sweep/pooled" in out
    folders = sorted(folder.name for folder in (tmp_path / "sweep" / "pooled").iterdir())
    assert folders == ["loss.alpha=0.3", "loss.alpha=0.6"]


def test_seeds_are_repeats_of_one_setting(end, tmp_path):
    for number in range(6):
        seed = number // 3
        job(tmp_path, number, 0.3, number % 3, changes={"seed": seed}, more=[f"seed={seed}"])
    assert end()[0] == 0
    assert (tmp_path / "sweep" / "pooled" / "all" / "repeats" / "seed=1").is_dir()


def test_a_failed_fold_is_named_with_what_to_do(end, tmp_path):
    for number in range(6):
        state = "failed" if number == 4 else "completed"
        job(tmp_path, number, (0.3, 0.6)[number // 3], number % 3, state=state)
    left, out = end()
    assert left == 1
    assert [folder.name for folder in (tmp_path / "sweep" / "pooled").iterdir()] == [
        "loss.alpha=0.3"
    ]
    assert "loss.alpha=0.6: not pooled, as folds are missing:\n  job 4 failed: out of memory" in out
    assert "lungseg train loss.alpha=0.6 split.fold=1 hydra.run.dir=sweep/4-again" in out
    command = re.search(r"then: lungseg pool runs=\[(.*)\] output=sweep/pooled/loss.alpha=0.6", out)
    assert command[1] == "sweep/3,sweep/4-again,sweep/5"


def test_a_fold_with_a_checkpoint_is_resumed(end, tmp_path):
    for number in range(3):
        folder = job(tmp_path, number, 0.3, number, state="failed" if number else "completed")
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "last.ckpt").touch()
    left, out = end()
    assert left == 1
    assert "lungseg train resume=sweep/2" in out
    assert "then: lungseg pool runs=sweep output=sweep/pooled/all" in out


def test_after_ctrl_c_nothing_is_pooled_and_it_says_how(end, tmp_path):
    for number in range(4):
        job(tmp_path, number, (0.3, 0.6)[number // 3], number % 3)
    left, out = end(pooling=False)
    assert left == 1
    assert not (tmp_path / "sweep" / "pooled").exists()
    assert "2 of 3 values of split.fold never began" in out
    assert "hydra.sweep.dir=sweep/more" in out


def test_another_sweep_ends_as_before(end, tmp_path):
    job(tmp_path, 0, 0.3, 0)
    assert end(words=["split.fold=0,1"], fold=0) == (0, "")


def test_what_cannot_be_pooled_is_one_line(end, tmp_path):
    for number in range(3):
        job(tmp_path, number, 0.3, number, cohort=str(number) * 64)
    left, out = end()
    assert left == 1
    assert "not pooled: runs: 0 and 1 are of different cohorts" in out


def test_a_sweep_whose_folds_are_not_pooled_has_not_succeeded(tmp_path, monkeypatch, capsys):
    for number in range(3):
        job(tmp_path, number, 0.3, number, cohort=str(number) * 64)
    plain = {"split": {"fold": "all"}, "report": False, "allow_test_selection": False}
    sweep = {"dir": str(tmp_path / "sweep")}
    plain["hydra"] = {"overrides": {"task": WORDS[1:]}, "sweep": sweep, "sweeper": {}}
    monkeypatch.setattr(Folders, "sweep", OmegaConf.create(plain))
    assert end_sweep("train", 0) == 1
    assert "3 runs: 3 completed" in capsys.readouterr().out


def test_only_an_interrupted_sweep_ends_its_jobs(tmp_path, monkeypatch):
    """One job that was killed fails the sweep, whose other jobs train on."""
    stopped = []
    monkeypatch.setattr("lungseg.sweeps.end._stop_jobs", lambda *_: stopped.append(code))
    job(tmp_path, 0, 0.3, 0)
    hydra = {"overrides": {"task": []}, "sweep": {"dir": str(tmp_path / "sweep")}, "sweeper": {}}
    for code in (1, INTERRUPTED):
        monkeypatch.setattr(Folders, "sweep", OmegaConf.create({"hydra": hydra}))
        assert end_sweep("train", code) == code
    assert stopped == [INTERRUPTED]
