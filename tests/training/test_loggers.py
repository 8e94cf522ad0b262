"""Loggers of Lightning and of users, beside our own."""

import pytest
from omegaconf import OmegaConf

from lungseg.config import conf_dir
from lungseg.errors import ConfigError
from lungseg.training.loggers import build_logger, drop_leftovers

CSV = "pytorch_lightning.loggers.CSVLogger"


def wandb_option(**changes):
    node = OmegaConf.merge(OmegaConf.load(conf_dir() / "logger" / "wandb.yaml"), changes)
    OmegaConf.set_struct(node, True)
    return node


class Own:
    def __init__(self, outputs, **others):
        self.given = {"outputs": outputs} | others


def test_settings_of_the_old_option_are_dropped_but_for_those_typed():
    node = wandb_option(_target_=CSV, name="mine", version=3)
    drop_leftovers(
        node, "wandb", ["logger.name=mine", "+logger.version=3", f"logger._target_={CSV}"]
    )
    assert node == {"_target_": CSV, "name": "mine", "version": 3}


def test_settings_of_the_chosen_option_stay():
    own = OmegaConf.create({"_target_": CSV, "mode": "of its own"})
    for node, option in ((wandb_option(), "wandb"), (own, "mine"), (OmegaConf.create({}), "none")):
        before = OmegaConf.to_container(node)
        drop_leftovers(node, option, [])
        assert node == before


def test_a_logger_gets_the_arguments_that_it_knows(tmp_path):
    ours = {"outputs": "there", "recorded": {}}
    logger = build_logger(OmegaConf.create({"_target_": CSV}), tmp_path, ours)
    assert logger.save_dir == str(tmp_path)
    logger = build_logger(OmegaConf.create({"_target_": CSV, "save_dir": "mine"}), tmp_path, ours)
    assert logger.save_dir == "mine"
    own = {"_target_": f"{__name__}.Own", "speed": 1}
    made = build_logger(OmegaConf.create(own), tmp_path, ours)
    assert made.given == {"outputs": "there", "speed": 1}


def test_a_logger_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="logger"):
        build_logger(OmegaConf.create({"_target_": "nowhere.Logger"}), tmp_path, {})
