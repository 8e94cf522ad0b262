"""A refused command leaves a log below outputs/logs, and no run folder."""

import re
from pathlib import Path

import pytest

from lungseg.runs.claim import claim_new

SMALL = ("data.size=32", "data.n_slices=12", "logger=none", "report=false")


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_log_and_an_empty_folder_that_were_there_stay(refused, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "train.log").write_text("of the user\n")
    (tmp_path / "empty").mkdir()
    for folder in ("mine", "empty"):
        refused("train", *SMALL, "loss.alpha=2", f"hydra.run.dir={folder}")
    assert files_below(tmp_path / "mine") == ["train.log"]
    assert (tmp_path / "mine" / "train.log").read_text().startswith("of the user\n")
    assert files_below(tmp_path / "empty") == []


def test_results_behind_a_link(refused, tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "outputs").symlink_to("scratch")
    refused("train", *SMALL, "loss.alpha=2")
    (file,) = files_below(tmp_path / "scratch")
    assert file.startswith("logs/train/")
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["logs"]


@pytest.mark.parametrize("subdir", [".", "own"])
def test_nothing_of_the_users_is_removed_with_the_settings(subdir, refused, tmp_path):
    folder = tmp_path / "mine" / subdir
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("of the user")
    refused("train", *SMALL, "loss.alpha=2", "hydra.run.dir=mine", f"hydra.output_subdir={subdir}")
    assert files_below(folder) == ["notes.txt"]


@pytest.mark.parametrize(
    "words",
    [
        ("train", *SMALL, "loss.alpha=2"),
        ("train", *SMALL, "+optimizer.speed=1"),
        ("train", "data=lctsc", "data.root=Quasimodo", "split=balanced"),
        ("evaluate", "ckpt=Quasimodo.ckpt", "data=phantom"),
        ("evaluate", "run=Quasimodo"),
        ("prepare", "data=lctsc", "data.root=Quasimodo"),
        ("compare", "runs=[Quasimodo]"),
        ("deidentify", "input=Quasimodo", "output=copies"),
    ],
)
def test_only_a_log_is_left(words, refused, tmp_path):
    refused(*words)
    (file,) = files_below(tmp_path)
    assert re.fullmatch(
        rf"outputs/logs/{words[0]}/\d{{4}}-\d\d-\d\d_\d\d-\d\d-\d\d/{words[0]}\.log", file
    )
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["logs"]
    text = (tmp_path / file).read_text()
    assert "Traceback" in text
    assert "typed: " in text
    assert "Quasimodo" not in text


def test_refusals_of_one_second_have_a_log_each(refused, tmp_path):
    for _ in range(3):
        refused("train", *SMALL, "+optimizer.speed=1")
    assert len(files_below(tmp_path)) == 3


def test_a_folder_of_the_users_keeps_what_is_in_it(refused, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("of the user")
    refused("train", *SMALL, "loss.alpha=2", "hydra.run.dir=mine")
    assert files_below(folder) == ["notes.txt"]
    assert len(files_below(tmp_path / "outputs" / "logs" / "train")) == 1


def test_a_resumed_run_that_is_refused_keeps_its_folder(run, refused, tmp_path):
    before = set(files_below(run))
    refused("train", *SMALL, "loss.alpha=2", f"ckpt_path={run}/checkpoints/last.ckpt")
    assert set(files_below(run)) == before
    assert not (tmp_path / "outputs").exists()


def test_jobs_of_a_sweep_keep_their_place(refused, tmp_path, capfd):
    from lungseg.cli import main

    assert main(["train", "-m", *SMALL, "loss.alpha=2,3", "hydra.sweep.dir=sweep"]) == 1
    capfd.readouterr()
    assert {"0/train.log", "1/status.json", "0/.hydra/overrides.yaml"} <= set(
        files_below(tmp_path / "sweep")
    )
    assert not (tmp_path / "outputs" / "logs").exists()


def test_the_folder_of_the_day_may_vanish_while_another_claims(tmp_path, monkeypatch):
    day = tmp_path / "day"
    make, calls = Path.mkdir, []

    def mkdir(path, *arguments, **options):
        calls.append(path)
        if len(calls) == 2:  # made by the first call, removed by a refused run
            day.rmdir()
        make(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert claim_new(day / "noon") == day / "noon"
    assert (day / "noon").is_dir()
