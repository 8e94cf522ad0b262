"""Nothing chooses by the test set, and nothing waits for a number that never comes."""

import pytest

from lungseg.errors import ConfigError
from lungseg.training.leaks import (
    monitors,
    refuse_missing_set,
    refuse_test_selection,
    refuse_twins,
)
from tests.training.compose import train_config

STOPPING = "callbacks=[checkpoint,early_stopping]"


def test_monitors_are_found_wherever_they_are():
    config = train_config(
        STOPPING,
        "scheduler=plateau",
        "+deep={in: {there: {monitor: train/loss}}}",
        "+watched=val/dsc",
        "callbacks.checkpoint.monitor=${watched}",
    )
    assert monitors(config) == {
        "callbacks.checkpoint.monitor": "val/dsc",
        "callbacks.early_stopping.monitor": "val/loss",
        "scheduler.monitor": "val/loss",
        "deep.in.there.monitor": "train/loss",
    }


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("callbacks.checkpoint.monitor=test/loss", "would choose by the test set"),
        ("callbacks.checkpoint.monitor=val_loss", "did you mean val/loss"),
        ("callbacks.checkpoint.monitor=xyzzy", "there are train/loss"),
    ],
)
def test_a_monitor_of_the_test_set_or_of_nothing_is_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        refuse_test_selection(train_config(override))


def test_the_test_set_may_choose_where_that_is_said():
    refuse_test_selection(
        train_config("callbacks.checkpoint.monitor=test/loss", "allow_test_selection=true")
    )


def test_a_set_that_is_not_there_is_refused_but_for_the_checkpoint():
    refuse_missing_set(train_config(), ["train", "test"])
    with pytest.raises(ConfigError, match="no validation set; give one with split.val"):
        refuse_missing_set(train_config(STOPPING), ["train", "test"])
    refuse_missing_set(train_config(STOPPING), ["train", "val", "test"])


def test_a_number_that_no_epoch_will_have_is_refused():
    off = "+trainer.limit_val_batches=0"
    with pytest.raises(ConfigError, match=r"limit_val_batches=0 leaves every epoch without"):
        refuse_missing_set(train_config(STOPPING, off), ["train", "val", "test"])
    config = train_config("scheduler=plateau", "scheduler.monitor=train/loss", off)
    refuse_missing_set(config, ["train", "val", "test"])


def test_one_image_in_two_sets_is_refused():
    images = {"a": "1", "b": "2", "c": "1"}
    refuse_twins({"train": ["a", "c"], "test": ["b"]}, images)
    with pytest.raises(ConfigError, match=r"a \(train\) and c \(test\) are the same image"):
        refuse_twins({"train": ["a", "b"], "test": ["c"]}, images)
