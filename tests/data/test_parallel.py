"""Cases prepared in several processes."""

import multiprocessing
import os
import signal
import time

import pytest

from lungseg.data.parallel import Parallel
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.errors import ConfigError, DataError
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import content, damage

SKIP = Rules({"error": "error"}, skip_bad_cases=True)


@pytest.mark.parametrize(
    "backend",
    ["loky", *(pytest.param(name, marks=pytest.mark.slow) for name in ("dask", "ray"))],
)
def test_side_by_side_as_one_by_one(three_cases, tmp_path, backend):
    pytest.importorskip({"dask": "distributed"}.get(backend, backend.replace("loky", "joblib")))
    damage(three_cases)
    one = prepare(LctscFolder(three_cases), tmp_path / "one", rules=SKIP)
    two = prepare(
        LctscFolder(three_cases), tmp_path / "two", rules=SKIP, parallel=Parallel(2, backend)
    )
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert (one.cases, one.failed) == (two.cases, two.failed)


class Killed(LctscFolder):
    """Its process dies while it reads, as one does that takes too much memory."""

    def read(self, case):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_reported(three_cases, tmp_path):
    with pytest.raises(DataError, match="memory ran out"):
        prepare(Killed(three_cases), tmp_path / "store", parallel=Parallel(2))


class FullDisk(LctscFolder):
    """The system fails while a case is read."""

    def read(self, case):
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_not_a_missing_cluster(three_cases, tmp_path):
    with pytest.raises(OSError, match="No space left on device"):
        prepare(FullDisk(three_cases), tmp_path / "store", parallel=Parallel(2))


class Slow(LctscFolder):
    """Tells of a case that it reads, and takes a while."""

    def read(self, case):
        (self.root / f"{case}.read").touch()
        time.sleep(1.5)
        return super().read(case)


@pytest.mark.slow
def test_workers_of_a_killed_parent_write_nothing_more(three_cases, tmp_path):
    context = multiprocessing.get_context("spawn")
    process = context.Process(
        target=prepare,
        args=(Slow(three_cases), tmp_path / "store"),
        kwargs={"parallel": Parallel(2)},
    )
    process.start()
    end = time.monotonic() + 60
    while len(list(three_cases.glob("*.read"))) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.join(60)
    time.sleep(4)
    assert len(list(three_cases.glob("*.read"))) == 2  # none began the third
    assert not list((tmp_path / "store").glob("*.zarr"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"backend": "threads"}, "parallel.backend=threads: there are loky, dask, ray"),
        ({"n_jobs": 0}, "parallel.n_jobs=0: must be 1 or more, or -1"),
    ],
)
def test_settings_of_parallel_are_checked(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Parallel(**wrong)


def test_processes_that_are_used_again_write_into_the_store_of_this_folder(
    three_cases, tmp_path, monkeypatch
):
    """joblib's processes stay in the folder where they were started."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        cohort = prepare(LctscFolder(three_cases), "store", parallel=Parallel(n_jobs=2))
        assert all((tmp_path / name / "store" / f"{case}.zarr").is_dir() for case in cohort.names)
