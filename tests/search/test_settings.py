"""The direction of a search cannot contradict the name of what it optimizes."""

from contextlib import suppress

import pytest

from lungseg.errors import ConfigError
from lungseg.search.objective import EVALUATED
from lungseg.search.settings import read_settings
from lungseg.training.leaks import NUMBERS

NODE = {
    "study_name": "quick",
    "storage": None,
    "n_trials": 1,
    "n_jobs": 1,
    "sampler": "random",
    "seed": 0,
    "pruner": "none",
    "pruner_startup_trials": 5,
    "pruner_warmup_epochs": 1,
    "space": {},
}


def read(objective, direction):
    return read_settings(NODE | {"objective": objective, "direction": direction})


LOW = ("loss", "brier", "ece", "share_dsc_low", "empty_accuracy_low")
NEITHER = ("share_empty", "positive_share", "share_dsc_intermediate", "empty_accuracy_intermediate")


def direction(number):
    if number in NEITHER or "volume_difference" in number:
        return set()
    return {
        "minimize" if number in LOW or number.endswith(("_mm_mean", "_mm_median")) else "maximize"
    }


@pytest.mark.parametrize("number", [*NUMBERS, *EVALUATED])
def test_each_number_has_one_direction_or_is_refused(number):
    accepted = set()
    for way in ("maximize", "minimize"):
        with suppress(ConfigError):
            accepted |= set(read(f"val/{number}", way).directions)
    assert accepted == direction(number)


def test_the_right_directions_are_named():
    with pytest.raises(ConfigError, match=r"val/dsc is better when it is large; .*=maximize$"):
        read("val/dsc", "minimize")
    with pytest.raises(ConfigError, match=r"write .*direction=\[maximize,minimize\]"):
        read(["val/pr_auc", "val/loss"], ["minimize", "minimize"])
    objectives = ["val/surface_dice_2mm_mean", "val/hd95_mm_mean"]
    assert read(objectives, ["maximize", "minimize"]).directions == ("maximize", "minimize")


def test_a_name_that_no_run_has_is_left_to_the_check_of_names():
    assert read("val/dcs", "minimize").objectives == ("val/dcs",)
