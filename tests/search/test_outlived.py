"""A killed search whose job trains on."""

import threading

import pytest
from filelock import FileLock

from lungseg.runs.status import write_status
from tests.search.test_worker import check_whole, with_dead_worker
from tests.search.worker import QuickLauncher, make_worker


@pytest.mark.parametrize("ends", ["completed", "running"])
def test_a_job_that_outlives_its_worker_is_waited_for(tmp_path, ends):
    """As one of submitit's: it counts if it comes to its end, and is replaced if it does not."""
    worker = make_worker(tmp_path, n_trials=1)
    point = worker._propose(with_dead_worker(worker))
    launcher = QuickLauncher(worker.folder)
    launcher._run(0, dict(word.split("=") for word in point))
    write_status(worker.folder / "0", "running")
    process = FileLock(worker.folder / "0" / ".run", thread_local=False)
    process.acquire()

    def end():
        assert launcher.launched == []
        write_status(worker.folder / "0", ends)
        process.release()

    timer = threading.Timer(0.5, end)
    timer.start()
    worker.run(launcher, [])
    timer.join()
    assert launcher.launched == ([] if ends == "completed" else [[1]])
    check_whole(worker, 1)
