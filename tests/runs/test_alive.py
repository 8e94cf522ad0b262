"""A run that was killed is told from one that is running."""

import subprocess
import sys

import pytest
from filelock import FileLock

from lungseg.runs.alive import has_process
from lungseg.runs.claim import MARK, claim, release
from lungseg.runs.read import read_run
from lungseg.runs.status import write_status
from lungseg.sweeps.index import print_index, rows
from tests.report.fake_runs import write_run

RUNS = (
    "import sys; from pathlib import Path; from lungseg.runs.claim import begin;"
    " from lungseg.runs.status import write_status; folder = Path(sys.argv[1]); begin(folder);"
    " write_status(folder, 'running'); print('begun', flush=True); sys.stdin.read()"
)


@pytest.fixture
def running(tmp_path):
    """A sweep whose job 0 runs, in a process of its own."""
    folder = tmp_path / "0"
    process = subprocess.Popen(
        [sys.executable, "-c", RUNS, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    yield folder, process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("checkpoint", [True, False])
def test_killed_while_running(running, checkpoint, capsys):
    folder, process = running
    if checkpoint:
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "last.ckpt").touch()
    assert has_process(folder) is True
    assert rows(folder.parent)[0]["state"] == "running"
    run = read_run(folder, "0")
    assert (run.state, run.error) == ("running", "still running")

    process.kill()
    process.wait()
    assert has_process(folder) is False
    run = read_run(folder, "0")
    assert run.state == "interrupted"
    assert ("resume=RUN" in run.error) is checkpoint
    (row,) = rows(folder.parent)  # the same files: only the process is gone
    assert (row["state"], row["error"]) == ("interrupted", run.error)
    print_index(folder.parent)
    assert f"job 0 interrupted: {run.error}" in capsys.readouterr().out


def test_without_a_mark_it_cannot_be_told(tmp_path):
    write_status(tmp_path, "running")
    assert has_process(tmp_path) is None
    run = read_run(tmp_path, "old")
    assert (run.state, run.error) == ("running", "still running, or killed")


def test_looking_stops_no_run_from_starting(tmp_path):
    """A look takes the lock for an instant; who claims the folder then waits that long."""
    import threading

    tmp_path.joinpath(MARK).touch()
    looked = FileLock(tmp_path / MARK, thread_local=False)
    looked.acquire()
    threading.Timer(0.05, looked.release).start()
    claim(tmp_path)
    release()


def test_a_run_that_ended_is_not_looked_up(tmp_path):
    folder = write_run(tmp_path / "0")
    (folder / MARK).touch()
    assert read_run(folder, "0").state == "completed"
