"""One process at a time owns a run folder, and no run begins where another has begun."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import FileLock

from lungseg.errors import ConfigError, DataError
from lungseg.runs.claim import (
    MARK,
    begin,
    claim,
    claim_new,
    claim_resumed,
    release,
    when_begun,
)


@pytest.fixture(autouse=True)
def released():
    yield
    release()


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_twenty_at_once_get_a_folder_each(tmp_path):
    with ThreadPoolExecutor(20) as threads:
        folders = list(threads.map(claim_new, [tmp_path / "a" / "12-00-00"] * 20))
    names = {"12-00-00", *(f"12-00-00-{number}" for number in range(2, 21))}
    assert {folder.name for folder in folders} == names


def test_a_file_in_the_way_of_the_parent(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match="exists"):
        claim_new(tmp_path / "a" / "12-00-00")


@pytest.mark.parametrize("begun", ["status.json", "provenance.json", "metrics.csv"])
def test_a_folder_with_a_run_is_left_as_it_is(begun, tmp_path):
    (tmp_path / begun).write_text("x")
    with pytest.raises(ConfigError, match="already contains a run"):
        claim(tmp_path)
    assert state(tmp_path) == {begun: b"x"}


def test_a_folder_that_another_process_has_claimed(tmp_path):
    with FileLock(tmp_path / MARK), pytest.raises(ConfigError, match="another process"):
        claim(tmp_path)
    claim(tmp_path)  # a process that was killed leaves the mark, and no lock


def test_where_no_run_began_the_folder_is_free_again(tmp_path):
    claim(tmp_path)
    assert (tmp_path / MARK).is_file()
    release()
    assert state(tmp_path) == {}
    claim(tmp_path)
    (tmp_path / "status.json").write_text("{}")
    release()
    assert (tmp_path / MARK).is_file()


def test_a_job_claims_when_it_begins_and_a_run_keeps_its_claim(tmp_path):
    begin(tmp_path)
    begin(tmp_path)
    with pytest.raises(TimeoutError):
        FileLock(tmp_path / MARK, timeout=0).acquire()


def test_a_resumed_run_is_changed_only_when_it_begins(tmp_path):
    checkpoint = tmp_path / "checkpoints" / "last.ckpt"
    with pytest.raises(DataError, match="no checkpoint here"):
        claim_resumed(tmp_path / "missing", checkpoint)
    assert not (tmp_path / "missing").exists()
    checkpoint.parent.mkdir()
    checkpoint.touch()
    file = tmp_path / "config.yaml"
    for accepted in (False, True):
        claim_resumed(tmp_path, checkpoint)
        when_begun(tmp_path, lambda: file.write_text("new"))
        assert not file.exists()
        if accepted:
            begin(tmp_path)
        release()
    assert file.read_text() == "new"
    assert (tmp_path / MARK).is_file()


def test_what_a_killed_process_left_half_written_goes(tmp_path):
    """A checkpoint of some hundred megabytes for each kill."""
    checkpoint, mine = tmp_path / "checkpoints" / "last.ckpt", tmp_path / ".a.part.csv"
    checkpoint.parent.mkdir()
    for file in (checkpoint, mine):
        file.touch()
    killed = (
        "import os; from pathlib import Path; from lungseg.files import replacing\n"
        "both = [replacing(Path(name)) for name in ('checkpoints/last.ckpt', 'MANIFEST')]\n"
        "for writing in both: writing.__enter__().touch()\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", killed], cwd=tmp_path, check=True)
    assert len([*tmp_path.rglob(".*.part*")]) == 3
    claim_resumed(tmp_path, checkpoint)
    assert [*tmp_path.rglob(".*.part*")] == [mine]
    assert checkpoint.exists()
