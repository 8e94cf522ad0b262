"""SIGTERM interrupts a command, and this process alone."""

import os
import signal

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
