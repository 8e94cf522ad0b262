"""What would fail late, or never act, is refused before any case is prepared."""

import re

import pytest

from lungseg.apps.checks import check_classes, check_settings
from lungseg.errors import ConfigError
from tests.training.compose import train_config


def check_values(config):
    check_settings(config)
    check_classes(config)


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
    "a number for one that follows none": (
        ["scheduler=cosine", "+scheduler.monitor=val/loss"],
        "scheduler.monitor=val/loss: CosineAnnealingLR follows no number; leave it out",
    ),
    "interval": (["scheduler=cosine", "scheduler.interval=week"], "must be epoch or step"),
    "a range of the augmentation": (
        ["augment=light", "augment.transforms.flip.p=2"],
        "augment: Flip.p must be a number from 0 to 1, got 2",
    ),
    "thick slices without neighbours": (
        ["augment=light", "augment.transforms.thick_slices.p=0.1"],
        "augment: ThickSlices averages neighbouring slices",
    ),
    "checkpoint without a monitor": (
        ["callbacks.checkpoint.monitor=null"],
        "callbacks.checkpoint.monitor: must name a logged number",
    ),
    "checkpoint whose monitor was removed": (
        ["~callbacks.checkpoint.monitor"],
        "callbacks.checkpoint.monitor: must name a logged number",
    ),
    "stopping without a monitor": (
        ["callbacks=[checkpoint,early_stopping]", "callbacks.early_stopping.monitor=null"],
        "callbacks.early_stopping.monitor: must name a logged number",
    ),
    "removed, and read last": (["~report"], "report: this setting must be there"),
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


def test_a_callback_may_watch_nothing_where_its_class_says_so():
    own = "{_target_: pytorch_lightning.callbacks.ModelCheckpoint, monitor: null}"
    check_values(train_config(f"+callbacks.mine={own}"))


@pytest.mark.parametrize("key", ["seed", "metrics.threshold", "loss"])
def test_a_setting_that_was_removed_is_named(key, refused):
    line = refused("train", f"~{key}", "logger=none")
    assert line == f"lungseg train: error: {key}: this setting must be there; leave ~{key} out"
