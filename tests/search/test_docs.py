"""The search file shown in docs/sweeps.md works as it is."""

import json
import re

import pytest

from lungseg.search.worker import Worker
from tests.conftest import CLONE
from tests.search.worker import QuickLauncher


@pytest.fixture
def shown(tmp_path):
    """The file of the docs, saved under the name it has there, and the words of its command."""
    text = (CLONE / "docs" / "sweeps.md").read_text()
    (block,) = re.findall(r"```yaml\n(# @package _global_\n.*?)```", text, re.DOTALL)
    (file,) = re.findall(r"`(mine/sweep/\w+\.yaml)`", text)
    (command,) = re.findall(r"`lungseg (train -m --config-dir [^`]+)`", text)
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(block)
    return tmp_path / file, command.split()


def test_the_file_of_the_docs_is_a_search(shown, tmp_path, monkeypatch, capfd):
    """Everything is real except the trainings."""
    from lungseg.cli import main

    _, words = shown
    run = Worker.run
    monkeypatch.setattr(
        Worker, "run", lambda self, launcher, fixed: run(self, QuickLauncher(self.folder), fixed)
    )
    monkeypatch.chdir(tmp_path)
    assert main([*words, "hydra.sweeper.n_trials=6"]) == 0, capfd.readouterr().err
    folder = tmp_path / "outputs" / "multirun" / "search" / "momentum"
    summary = json.loads((folder / "search.json").read_text())
    assert (summary["completed"], summary["objectives"]) == (6, {"val/dsc": "maximize"})
    journal = folder.with_name("momentum.journal").read_text()
    assert "optimizer.momentum" in journal


def test_settings_of_a_search_take_precedence_over_those_shared_by_all(shown, tmp_path, cli):
    file, words = shown
    text = file.read_text().replace("override /split: train_val_test", "override /split: fraction")
    file.write_text(text + "callbacks:\n  checkpoint:\n    monitor: val/loss\n    mode: min\n")
    done = cli(*(word for word in words if word != "-m"), "--cfg", "job")
    assert done.returncode == 0, done.stderr
    assert "monitor: val/loss" in done.stdout
    assert "val: 0.0" in done.stdout
