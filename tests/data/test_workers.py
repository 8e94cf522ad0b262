"""Processes that load slices outlast signals, and not the program."""

import subprocess
import sys

SCRIPT = """
import multiprocessing, os, signal, time
from lungseg.data.workers import end_at_exit, outlast_signals

def work(ready):
    outlast_signals(0)
    ready.set()
    time.sleep(100)

if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    ready = fork.Event()
    worker = fork.Process(target=work, args=(ready,), daemon=True)
    worker.start()
    ready.wait()
    os.kill(worker.pid, signal.SIGTERM)
    os.kill(worker.pid, signal.SIGUSR1)
    time.sleep(0.2)
    print(worker.is_alive())
    end_at_exit()
"""


def test_a_program_ends_though_its_workers_ignore_signals():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "True\n"
