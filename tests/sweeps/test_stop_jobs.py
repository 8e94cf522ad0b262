"""The jobs of an interrupted sweep are ended, gently first."""

import os
import subprocess
import sys

import psutil
import pytest

from lungseg.sweeps import stop_jobs as module
from lungseg.sweeps.stop_jobs import CONTROLLER, stop_jobs

TASK = """
import signal, sys, time
signal.signal(signal.SIGUSR1, signal.SIG_IGN if {deaf} else signal.default_int_handler)
try:
    print("ready", flush=True)  # within: the signal may come before the next statement
    time.sleep(100)
except KeyboardInterrupt:
    open({note!r}, "w").write("saved")
"""
CONTROL = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[2]])"


@pytest.mark.parametrize("deaf", [False, True])
def test_jobs_on_this_machine(tmp_path, deaf, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.3 if deaf else 20.0)
    task = TASK.format(deaf=deaf, note=str(tmp_path / "note"))
    words = [sys.executable, "-c", CONTROL, CONTROLLER, task]
    controller = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    assert controller.stdout.readline() == "ready\n"
    tasks = psutil.Process(controller.pid).children()
    assert stop_jobs(tmp_path, by_slurm=False) == 1
    psutil.wait_procs(tasks, timeout=5)
    assert not any(task.is_running() for task in tasks)
    assert controller.wait(timeout=5) is not None
    assert (tmp_path / "note").exists() != deaf
    assert other.poll() is None
    other.kill()
    other.wait()


def test_jobs_of_slurm(tmp_path, monkeypatch):
    for name in ("1234_0", "1234_1", "77", "%j"):
        (tmp_path / name).mkdir()
    command = tmp_path / "bin" / "scancel"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/cancelled\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    assert stop_jobs(tmp_path, by_slurm=True) == 3
    assert sorted((tmp_path / "cancelled").read_text().split()) == ["1234_0", "1234_1", "77"]


def test_jobs_that_slurm_cannot_end_are_named(tmp_path, monkeypatch, caplog):
    (tmp_path / "1234_0").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stop_jobs(tmp_path, by_slurm=True) == 0
    assert "scancel failed; these jobs may still run: 1234_0" in caplog.text
