"""A job under submitit that is preempted resumes; a sweep that is stopped leaves none behind."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import psutil
import pytest
import torch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("submitit") is None, reason="an extra"),
]

LOCAL = "hydra/launcher=submitit_local"
TASK = "submitit.core._submit"


@pytest.fixture
def start(phantom_root, tmp_path):
    """Starts a sweep of one job, waits for its second epoch, and gives the processes."""
    started = []

    def begin(name, epochs, *words):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "lungseg", "train", "-m", "data=lctsc"),
                *(f"data.root={phantom_root}", f"data.store={tmp_path}/store"),
                *(f"trainer.max_epochs={epochs}", f"hydra.sweep.dir={name}", *words),
                *("trainer.accelerator=cpu", "logger=none", "report=false"),
            ],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        deadline = time.monotonic() + 240
        while not (tmp_path / name / "0" / "metrics.csv").exists():
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.02)
        return process, psutil.Process(process.pid).children(recursive=True)

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def last_of(folder):
    return torch.load(folder / "0" / "checkpoints" / "last.ckpt", weights_only=True)


def test_a_preempted_job_resumes_in_its_folder(start, tmp_path):
    whole, _ = start("whole", 8)
    sweep, children = start("broken", 8, LOCAL)
    for child in children:
        if TASK in child.cmdline():
            child.send_signal(signal.SIGUSR2)  # as `job._interrupt()` does
    out, _ = sweep.communicate(timeout=240)
    assert sweep.returncode == 0, out
    assert "1 run: 1 completed" in out
    (log,) = (tmp_path / "broken" / ".submitit").glob("*/*_log.out")
    assert log.read_text().count("resumed ") == 1
    assert whole.wait(timeout=240) == 0
    one, two = (last_of(tmp_path / name) for name in ("whole", "broken"))
    assert one["global_step"] == two["global_step"]
    assert all(
        torch.equal(value, two["state_dict"][key]) for key, value in one["state_dict"].items()
    )
    rows = [(tmp_path / name / "0" / "metrics.csv").read_text() for name in ("whole", "broken")]
    assert len({tuple(row.rsplit(",", 2)[0] for row in text.splitlines()) for text in rows}) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_sweep_leaves_no_job_behind(start, number, tmp_path):
    sweep, children = start("sweep", 5000, LOCAL)
    sweep.send_signal(number)  # to it alone; from a terminal, Ctrl-C reaches all
    _, alive = psutil.wait_procs(children, timeout=100)
    assert alive == []
    if number == signal.SIGTERM:
        out, _ = sweep.communicate(timeout=100)
        assert "its jobs were told to end" in out
        assert sweep.returncode == 143
        assert not list((tmp_path / "sweep" / ".submitit").glob("**/*.pkl"))
    status = json.loads((tmp_path / "sweep" / "0" / "status.json").read_text())
    assert (status["state"], status["error"]) == ("failed", "interrupted")
    assert last_of(tmp_path / "sweep")["lungseg"]["config"]
