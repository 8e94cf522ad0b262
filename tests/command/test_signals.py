"""SIGTERM and SIGUSR1 interrupt a command, and this process alone."""

import os
import signal
import time
from contextlib import nullcontext

import pytest

from lungseg.command.signals import SIGNALS, exit_code, interrupted_by_signals


@pytest.fixture(autouse=True)
def without_handler():
    """As in a new process: Lightning leaves a handler of its own."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGUSR1, 138)])
def test_it_interrupts(number, code):
    with interrupted_by_signals() as came:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert [exit_code(one) for one in came] == [code]
    assert signal.getsignal(number) == signal.SIG_DFL


def test_a_program_s_own_handler_stays():
    def theirs(number, frame):
        pass

    signal.signal(signal.SIGUSR1, theirs)
    with interrupted_by_signals() as came:
        os.kill(os.getpid(), signal.SIGUSR1)
    assert came == []
    assert signal.getsignal(signal.SIGUSR1) is theirs


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
        interrupted_by_signals() as came,
        nullcontext() if ignored else pytest.raises(KeyboardInterrupt),
    ):
        os.kill(os.getpid(), signal.SIGTERM)
    assert bool(came) != ignored


def test_a_forked_process_ends_at_once():
    ready, tell = os.pipe()
    with interrupted_by_signals():
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
