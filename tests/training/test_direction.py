"""The best epoch is the best one, whichever number says so."""

import pytest
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch import nn, optim

from lungseg.errors import ConfigError
from lungseg.training.direction import build_monitored, check_built, mode_of, refuse_wrong_mode
from lungseg.training.leaks import LOGGED
from lungseg.training.setup import build_module, build_parts, build_trainer
from tests.training.compose import train_config

CHECKPOINT, STOPPING = "callbacks.checkpoint.monitor", "callbacks.early_stopping.monitor"
WITH_STOPPING = "callbacks=[checkpoint,early_stopping]"


class DefaultsToTest(EarlyStopping):
    """A user's own, whose defaults no setting shows."""

    def __init__(self, monitor="test/dsc", **settings):
        super().__init__(monitor, **settings)


class Unrelated:
    def __init__(self, monitor):
        self.monitor = monitor


def test_every_logged_name_has_a_direction():
    assert {name: mode_of(name) for name in LOGGED} == {
        f"{part}/{number}": mode
        for part in ("train", "val", "test")
        for number, mode in (("loss", "min"), ("accuracy", "max"), ("dsc", "max"))
    }


@pytest.mark.parametrize(("monitor", "mode"), [("val/loss", "min"), ("val/dsc", "max")])
def test_the_callbacks_follow_the_name(monitor, mode, tmp_path):
    config = train_config(
        WITH_STOPPING, f"{CHECKPOINT}={monitor}", f"{STOPPING}={monitor}", "trainer.accelerator=cpu"
    )
    refuse_wrong_mode(config)
    trainer = build_trainer(config, tmp_path, None, [], selects=True)
    watching = [one for one in trainer.callbacks if getattr(one, "monitor", None)]
    assert [one.mode for one in watching] == [mode, mode]
    assert {isinstance(one, ModelCheckpoint) for one in watching} == {True, False}


@pytest.mark.parametrize(("monitor", "mode"), [("val/loss", "min"), ("val/accuracy", "max")])
def test_the_scheduler_follows_the_name(monitor, mode):
    config = train_config("scheduler=plateau", f"scheduler.monitor={monitor}")
    module = build_module(config, build_parts(config), ["train", "test", "val"], {})
    factory = module._scheduler["scheduler"]
    assert factory(optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)).mode == mode


@pytest.mark.parametrize(
    "target",
    [
        "pytorch_lightning.callbacks.EarlyStopping",
        "pytorch_lightning.callbacks.ModelCheckpoint",
    ],
)
def test_a_callback_of_the_users_that_says_nothing_of_a_mode_follows_too(target):
    node = {"_target_": target, "monitor": "val/dsc"}
    assert build_monitored(node, "callbacks.mine", "val/dsc").mode == "max"
    assert build_monitored(node | {"mode": "max"}, "callbacks.mine", "val/dsc").mode == "max"


def test_what_takes_no_mode_is_given_none():
    node = {"_target_": f"{__name__}.Unrelated", "monitor": "val/dsc"}
    assert build_monitored(node, "callbacks.mine", "val/dsc").monitor == "val/dsc"


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ([f"{CHECKPOINT}=val/dsc", "callbacks.checkpoint.mode=min"], "callbacks.checkpoint.mode"),
        (["callbacks.checkpoint.mode=max"], "callbacks.checkpoint.mode"),
        (["callbacks.checkpoint.mode=highest"], "callbacks.checkpoint.mode"),
        ([WITH_STOPPING, "callbacks.early_stopping.mode=max"], "callbacks.early_stopping.mode"),
        (["scheduler=plateau", "scheduler.scheduler.mode=max"], "scheduler.scheduler.mode"),
        (["sweep=search", f"{CHECKPOINT}=val/loss"], "callbacks.checkpoint.mode"),
        (
            ["+callbacks.mine={_target_: x.Mine, monitor: train/accuracy, mode: min}"],
            "callbacks.mine.mode",
        ),
    ],
)
def test_a_contradicting_mode_is_refused(overrides, key):
    with pytest.raises(ConfigError, match=f"^{key}=.*so this must be m(in|ax)"):
        refuse_wrong_mode(train_config(*overrides))


@pytest.mark.parametrize("overrides", [[], ["sweep=search"], ["experiment=sweep_alpha_beta"]])
def test_what_comes_with_us_does_not_contradict_itself(overrides):
    refuse_wrong_mode(train_config(*overrides))


def test_defaults_of_a_users_class_are_checked_once_it_is_built():
    with pytest.raises(ConfigError, match=r"callbacks\.mine\.monitor=test/dsc: would choose"):
        check_built(DefaultsToTest(), "callbacks.mine", allow_test=False)
    with pytest.raises(ConfigError, match=r"callbacks\.mine\.mode=min: test/dsc is better"):
        check_built(DefaultsToTest(), "callbacks.mine", allow_test=True)
    check_built(DefaultsToTest(mode="max"), "callbacks.mine", allow_test=True)
    check_built(object(), "callbacks.mine", allow_test=False)
