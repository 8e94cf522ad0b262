"""What would fail late, or never act, is refused before any case is prepared."""

import re

import pytest

from lungseg.apps.checks import check_values
from lungseg.errors import ConfigError
from tests.training.compose import train_config

REFUSED = {
    "plateau without a monitor": (
        ["scheduler=plateau", "scheduler.monitor=null", "scheduler.scheduler.mode=min"],
        "scheduler.monitor: ReduceLROnPlateau needs a number to follow",
    ),
    "plateau whose monitor was removed": (
        ["scheduler=plateau", "~scheduler.monitor"],
        "scheduler.monitor: ReduceLROnPlateau needs a number to follow",
    ),
    "plateau by batch": (
        ["scheduler=plateau", "scheduler.interval=step"],
        "scheduler.interval=step: ReduceLROnPlateau follows val/loss",
    ),
    "interval": (["scheduler=cosine", "scheduler.interval=week"], "must be epoch or step"),
    "no interval": (["scheduler=cosine", "~scheduler.interval"], "must be epoch or step"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(what):
    overrides, message = REFUSED[what]
    with pytest.raises(ConfigError, match=re.escape(message)):
        check_values(train_config(*overrides))


@pytest.mark.parametrize("scheduler", ["none", "cosine", "onecycle", "plateau"])
def test_what_comes_with_us_is_accepted(scheduler):
    check_values(train_config(f"scheduler={scheduler}"))
