"""SIGTERM interrupts a command, and this process alone."""

import os
import signal
import time
from contextlib import nullcontext

import pytest

from lungseg.command.sigterm import interrupted_by_sigterm


@pytest.fixture(autouse=True)
def without_handler():
    """As in a new process: Lightning leaves a handler of its own."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def test_it_interrupts():
    before = signal.getsignal(signal.SIGTERM)
    with interrupted_by_sigterm() as came:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        assert came.is_set()
    assert signal.getsignal(signal.SIGTERM) == before


def test_under_slurm_lightning_s_handler_decides(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    with interrupted_by_sigterm() as came:
        ours = signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, lambda *arguments: ours(*arguments))
        os.kill(os.getpid(), signal.SIGTERM)
    assert not came.is_set()


@pytest.mark.parametrize(
    ("environment", "ignored"),
    [
        ({"LOCAL_RANK": "1"}, True),  # by Lightning's launcher
        ({"LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1", "RANK": "1"}, False),  # by torchrun, which ends its processes itself
    ],
)
def test_only_the_first_of_lightning_s_processes_is_interrupted(monkeypatch, environment, ignored):
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with (
        interrupted_by_sigterm() as came,
        nullcontext() if ignored else pytest.raises(KeyboardInterrupt),
    ):
        os.kill(os.getpid(), signal.SIGTERM)
    assert came.is_set() != ignored


def test_a_forked_process_ends_at_once():
    ready, tell = os.pipe()
    with interrupted_by_sigterm():
        if not (child := os.fork()):
            os.write(tell, b"1")
            while True:
                time.sleep(0.01)
        os.read(ready, 1)  # Python forgets a signal that comes while a child is being made
        os.kill(child, signal.SIGTERM)
        status = os.waitpid(child, 0)[1]
    os.close(ready)
    os.close(tell)
    assert os.WTERMSIG(status) == signal.SIGTERM
