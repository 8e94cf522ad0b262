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


@pytest.fixture(scope="session")
def scans(phantom_root, tmp_path_factory):
    """Two DICOM series in one folder and below another, a NIfTI copy, and what is no scan."""
    import SimpleITK as sitk  # its usual name

    folder = tmp_path_factory.mktemp("input") / "scans"
    shutil.copytree(phantom_root / "Images" / "Case_008", folder / "a" / "deep")
    for file in (phantom_root / "Images" / "Case_009").iterdir():
        shutil.copy(file, folder / "a" / "deep" / f"other-{file.name}")
    series = sitk.ReadImage(
        sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(phantom_root / "Images" / "Case_010"))
    )
    sitk.WriteImage(series, folder / "copy.nii.gz")
    (folder / "notes.txt").write_text("no scan")
    return folder


@pytest.fixture
def predict(trained, tmp_path, monkeypatch, capfd):
    """Run the command, give its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words, model=trained.run):
        code = main(["predict", f"model={model}", *map(str, words)])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run
