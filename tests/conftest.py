"""Shared fixtures: a small synthetic cohort, the real CT, the command as a user runs it."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.forked import Forked

# Images here are tiny. Threads that wait for each other would only make the suite slow wherever
# another process takes a core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Nor does a busy machine make a property false.
settings.register_profile("lungseg", deadline=None)
settings.load_profile("lungseg")

CLONE = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("LUNGSEG_REALDATA", CLONE.parent / "shared" / "data"))

# A cohort that trains in seconds.
SMALL = {"n_cases": 12, "size": 32, "n_slices": 12, "seed": 0}
# Height and width of cases that differ in size: what a U-Net takes, and what has to be padded.
MIXED_SIZES = (64, 60, 50, 33, 64, 60, 50, 33)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first of the test processes makes, for all of them."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / name
    with FileLock(f"{folder}.lock"):
        if not folder.with_suffix(".made").exists():
            folder.mkdir()
            make(folder)
            folder.with_suffix(".made").touch()
    return folder


@pytest.fixture(scope="session", autouse=True)
def configuration_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key for digests of patients is made here, not in the home of whoever runs the tests."""
    folder = once(tmp_path_factory, "config", lambda folder: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module", autouse=True)
def frozen() -> None:
    """What is imported by now, a million objects, is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def realdata() -> Path:
    if not REAL.is_dir():
        pytest.skip(f"no real CT at {REAL} (set LUNGSEG_REALDATA)")
    return REAL


@pytest.fixture(scope="session")
def phantom_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve small synthetic cases as DICOM and npz. Read only: copy before changing anything."""
    from lungseg.phantom import write_cohort

    def make(folder: Path) -> None:
        write_cohort(folder / "cohort", **SMALL)

    return once(tmp_path_factory, "phantom", make) / "cohort"


@pytest.fixture(scope="session")
def mixed_sizes_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small synthetic cases of different size, as DICOM and npz. Read only."""
    from lungseg.phantom.cases import make_case
    from lungseg.phantom.files import write_case

    def make(folder: Path) -> None:
        for index, size in enumerate(MIXED_SIZES):
            write_case(make_case(index, size=size, n_slices=12), folder, index)

    return once(tmp_path_factory, "mixed_sizes", make)


@pytest.fixture
def three_cases(phantom_root: Path, tmp_path: Path) -> Path:
    """A private copy of the first three cases, to be damaged."""
    root = tmp_path / "source"
    for case in ("Case_000", "Case_001", "Case_002"):
        shutil.copytree(phantom_root / "Images" / case, root / "Images" / case)
        (root / "Segmentations").mkdir(exist_ok=True)
        mask = f"{case}_seg.npz"
        shutil.copy(phantom_root / "Segmentations" / mask, root / "Segmentations" / mask)
    return root


class Cli:
    """Runs the command in a folder of its own, in a process of its own.

    Variables of the environment may be read while libraries are imported: a command that is given
    any is started anew, others are forked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = os.environ | {"COLUMNS": "200"} | environment
        if not environment:
            return Forked(arguments, self.folder, variables).wait(timeout=300)
        return subprocess.run(
            [sys.executable, "-m", "lungseg", *arguments],
            cwd=self.folder,
            env=variables,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def refused(self, *arguments: str, **environment: str) -> str:
        """The one line that a refused command prints."""
        done = self(*arguments, **environment)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)
