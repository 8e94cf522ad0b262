"""Benchmarks that reach into the program still find what they measure."""

import re

import pytest

from benchmarks import strong
from benchmarks.sweep import sweep


@pytest.mark.slow
def test_the_jobs_of_a_sweep_are_measured():
    jobs = sweep(2)
    assert len(jobs) == 2
    assert all(seconds > overhead > 0 for seconds, overhead, *_ in jobs)


@pytest.mark.slow
def test_the_strong_recipe_is_measured_beside_monais_loop(monkeypatch, capfd):
    small = {"HEIGHT": 64, "WIDTH": 96, "SIDE": 128, "N_SLICES": 6, "ROUNDS": 1, "STEPS": 1}
    for name, value in small.items():
        monkeypatch.setattr(strong, name, value)
    strong.main()
    printed, _ = capfd.readouterr()
    assert "5x64x96, batch 3, 1 steps" in printed
    ratios = re.findall(r"ratio ([\d.]+)", printed)
    assert len(ratios) == 4
    assert all(float(ratio) > 0 for ratio in ratios)
    assert re.search(r"augmentation .* s: .*% of it; process .* s: .*%", printed)
