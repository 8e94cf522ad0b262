"""Benchmarks that reach into the program still find what they measure."""

import pytest

from benchmarks.sweep import sweep


@pytest.mark.slow
def test_the_jobs_of_a_sweep_are_measured():
    jobs = sweep(2)
    assert len(jobs) == 2
    assert all(seconds > overhead > 0 for seconds, overhead, *_ in jobs)
