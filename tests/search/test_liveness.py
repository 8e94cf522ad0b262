"""Whether the process that runs a trial is alive."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from lungseg.search import liveness
from lungseg.search.liveness import STALE_SECONDS, Heartbeat, alive, identity


def test_this_process_lives():
    assert alive(identity(), beat=0)


def test_a_killed_process_is_dead_at_once_and_before_it_is_waited_for():
    code = "import json, time; from lungseg.search.liveness import identity;"
    code += "print(json.dumps(identity()), flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    worker = json.loads(process.stdout.readline())
    assert alive(worker, beat=0)
    os.kill(process.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert not alive(worker, beat=time.time())  # a zombie
    process.communicate()
    assert not alive(worker, beat=time.time())


def test_a_number_given_to_another_process_is_not_the_worker():
    assert not alive(identity() | {"started": 1.0}, beat=time.time())


def test_a_corrected_clock_does_not_end_a_worker():
    mine = identity()
    assert alive(mine | {"started": mine["started"] + 20.0}, beat=0)


def test_a_worker_of_an_earlier_version_has_its_heartbeat():
    """It recorded its start in ticks, as text."""
    earlier = identity() | {"started": "8171"}
    assert alive(earlier, beat=1000, now=1000 + STALE_SECONDS - 1)
    assert not alive(earlier, beat=1000, now=1000 + STALE_SECONDS + 1)


@pytest.mark.parametrize("elsewhere", [{"machine": "another"}, {"namespace": "pid:[1]"}])
def test_elsewhere_the_last_sign_of_life_counts(elsewhere):
    worker = identity() | elsewhere
    assert alive(worker, beat=1000, now=1000 + STALE_SECONDS - 1)
    assert not alive(worker, beat=1000, now=1000 + STALE_SECONDS + 1)


def test_a_heart_beats_on_over_errors(monkeypatch):
    beats = []

    def beat():
        beats.append(1)
        raise OSError

    monkeypatch.setattr(liveness, "BEAT_SECONDS", 0.01)
    with Heartbeat(beat):
        time.sleep(0.3)
    assert len(beats) > 2
