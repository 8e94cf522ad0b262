"""Commands that are refused, and a small trained run for what comes after training."""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from lungseg.cli import main
from tests.conftest import Cli, once


@pytest.fixture
def refused(tmp_path, monkeypatch, capfd):
    """Run in this process (imports once for all cases) and give the one line."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        assert main(list(arguments)) != 0
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        lines = err.strip().splitlines()
        assert len(lines) == 1, err
        return lines[0]

    handlers = logging.getLogger().handlers[:]
    yield run
    # Hydra's handlers write to this test's captured streams, which close with it.
    logging.getLogger().handlers[:] = handlers


@dataclass(frozen=True)
class Trained:
    """A run of two epochs on the synthetic cohort, made by the command."""

    folder: Path  # where the command was run
    run: Path
    source: Path


@pytest.fixture(scope="session")
def trained(phantom_root, tmp_path_factory) -> Trained:
    """Read only: take a copy of the run before evaluating it."""

    def make(folder: Path) -> None:
        done = Cli(folder)(
            *("train", "data=lctsc", f"data.root={phantom_root}", "hydra.run.dir=run"),
            *("trainer.max_epochs=2", "model.base_channels=4", "model.depth=2"),
            *("optimizer=adam", "optimizer.lr=0.01", "trainer.precision=32", "logger=none"),
        )
        assert done.returncode == 0, done.stderr

    folder = once(tmp_path_factory, "trained", make)
    return Trained(folder, folder / "run", phantom_root)


@pytest.fixture
def run(trained, tmp_path) -> Path:
    """A copy of the run."""
    return shutil.copytree(trained.run, tmp_path / "run")
