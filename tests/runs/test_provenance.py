"""What made a run is recorded: versions, commit, settings, data."""

import json
import subprocess

import pytest

from lungseg import __version__
from lungseg.runs.provenance import (
    PROVENANCE,
    git_state,
    note_evaluation,
    provenance,
    read_provenance,
)


def git(folder, *arguments):
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path):
    git_state.cache_clear()
    folder = tmp_path / "clone"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "code.py").write_text("1\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    yield folder
    git_state.cache_clear()


def test_the_contents_before_training():
    made = provenance({"seed": 0}, "abc", {"Case_7": "damaged"})
    assert made["lungseg"] == __version__
    assert made["config"] == {"seed": 0}
    assert made["cohort_sha256"] == "abc"
    assert made["failed_cases"] == {"Case_7": "damaged"}
    assert {"torch", "numpy", "pytorch-lightning"} <= set(made["packages"])
    json.dumps(made, allow_nan=False)


def test_a_folder_without_provenance_has_none(tmp_path):
    assert read_provenance(tmp_path) == {}


def test_an_evaluation_is_added_and_replaces_the_one_before(tmp_path):
    (tmp_path / PROVENANCE).write_text(json.dumps({"config": {"seed": 0}}))
    note_evaluation(tmp_path, {"threshold": 0.5})
    note_evaluation(tmp_path, {"threshold": 0.9})
    made = read_provenance(tmp_path)
    assert made["config"] == {"seed": 0}
    assert made["evaluation"]["threshold"] == 0.9
    assert made["evaluation"]["lungseg"] == __version__


def test_the_commit_of_the_clone_and_whether_it_was_changed(clone):
    state = git_state(clone / "package")
    assert len(state["commit"]) == 40
    assert state["dirty"] is False
    git_state.cache_clear()
    (clone / "package" / "code.py").write_text("2\n")
    assert git_state(clone / "package") == {"commit": state["commit"], "dirty": True}


def test_it_is_asked_once_for_the_code_that_was_imported(clone):
    before = git_state(clone / "package")
    (clone / "package" / "code.py").write_text("2\n")
    assert git_state(clone / "package") is before


def test_a_package_in_a_clone_of_something_else_has_no_commit(clone):
    (clone / "installed").mkdir()
    (clone / "installed" / "code.py").write_text("1\n")
    assert git_state(clone / "installed") is None


def test_without_git_there_is_no_commit(clone, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert git_state(clone / "package") is None
