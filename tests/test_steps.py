"""Time and memory of steps within others are told apart."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from benchmarks.steps import Meter


def inner():
    return np.ones(60 << 20, np.uint8), sum(range(3_000_000))


def outer():
    kept = np.ones(40 << 20, np.uint8)
    inner()
    return kept


def measured():
    meter, steps = Meter(), {name: f"{__name__}:{name}" for name in ("outer", "inner")}
    meter.watch(steps)
    sys.modules[__name__].outer()  # as it is now, not as it was imported
    seconds, mib = dict(meter.seconds), dict(meter.mib)
    meter.forget()
    return seconds, mib, meter.seconds


def test_time_and_memory_of_nested_steps():
    # A process of its own: what earlier tests have freed would be given out again, unseen.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        seconds, mib, after = pool.submit(measured).result()
    assert seconds["outer"] >= seconds["inner"] > 0.01
    assert 55 < mib["inner"] < 75
    assert 95 < mib["outer"] < 115
    assert not after
