"""A job of a killed sweep is interrupted; others are left alone."""

import os
import signal
import subprocess
import sys
import threading

import psutil

from lungseg.sweeps.orphan import end_with_sweep

TASK = """
import signal, time
from lungseg.sweeps.orphan import end_with_sweep
signal.signal(signal.SIGUSR1, signal.default_int_handler)
end_with_sweep(seconds=0.02)
try:
    print("ready", flush=True)  # within: the signal may come before the next statement
    time.sleep(100)
except KeyboardInterrupt:
    print("saved", flush=True)
"""
CONTROL = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
SWEEP = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def test_of_a_killed_sweep():
    sweep = subprocess.Popen(
        [sys.executable, "-c", SWEEP, CONTROL, TASK],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SUBMITIT_EXECUTOR": "local"},
    )
    assert sweep.stdout.readline() == "ready\n"
    jobs = psutil.Process(sweep.pid).children(recursive=True)
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    assert sweep.stdout.readline() == "saved\n"
    assert psutil.wait_procs(jobs, timeout=10)[1] == []


def test_elsewhere_nothing_is_watched(monkeypatch):
    for executor in ("slurm", None):
        monkeypatch.delenv("SUBMITIT_EXECUTOR", raising=False)
        if executor:
            monkeypatch.setenv("SUBMITIT_EXECUTOR", executor)
        before = threading.active_count()
        end_with_sweep(seconds=0.0)
        assert threading.active_count() == before
