"""Benchmarks that reach into the program still find what they measure."""

import re

import pytest

from benchmarks import ingredients, scale, strong
from benchmarks.steps import owner_of
from benchmarks.sweep import sweep
from lungseg.apps.checks import check_settings
from lungseg.apps.leftovers import refuse_leftovers
from lungseg.config import build, compose


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
    assert "5x96x192, batch 3, 1 steps" in printed  # pixels of 4 mm, seen at 2 mm
    ratios = re.findall(r"ratio ([\d.]+)", printed)
    assert len(ratios) == 4
    assert all(float(ratio) > 0 for ratio in ratios)
    assert re.search(r"augmentation .* s: .*% of it; process .* s: .*%", printed)


@pytest.mark.slow
def test_every_part_of_a_recipe_can_be_set():
    start = f"{ingredients.HARD} {ingredients.START}".split()
    for part in ingredients.PARTS:
        config = compose("train", [*start, *ingredients.overrides("hard", part).split()])
        check_settings(config)
        refuse_leftovers(config.loss, "loss", ())
        assert all("_target_" in node for node in config.callbacks.values())
        build(config.split, "split")


def test_a_part_is_compared_with_all_repeats_of_the_start(tmp_path, capsys):
    """Means of two cases: 0.8 and 0.6 of two repeats, 0.75 of the part."""
    for name, dsc in (("baseline", 0.8), ("seed 1", 0.6), ("flips", 0.75)):
        folder = ingredients.folder(tmp_path, "hard", name) / "hard" / "evaluation"
        folder.mkdir(parents=True)
        cases, slices = ["split,case,dsc,hd95_mm"], ["split,case,z,tp,fn,dsc"]
        for case, change in (("a", -0.02), ("b", 0.02)):
            cases.append(f"test,{case},{dsc + change},3")
            # A slice without lung has no part in the mean.
            slices += [f"test,{case},0,1,0,{dsc + change}", f"test,{case},1,0,0,0"]
        (folder / "cases.csv").write_text("\n".join(cases))
        (folder / "slices.csv").write_text("\n".join(slices))
    ingredients.table(tmp_path, "hard")
    printed = capsys.readouterr().out
    assert "baseline, 2 cases, by seed: DSC, slices 0.8000, 0.6000" in printed
    (row,) = (line for line in printed.splitlines() if "flips" in line)
    assert row.count("+0.0500 (") == 2
    assert "+0.0 (" in row


def test_the_steps_whose_growth_is_measured_are_there():
    for steps in scale.STEPS.values():
        for place in steps.values():
            owner, name = owner_of(place)
            assert callable(getattr(owner, name)), place
