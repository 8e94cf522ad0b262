"""Loggers of Lightning and of users, beside our own."""

from contextlib import nullcontext
from typing import ClassVar

import pytest
from omegaconf import OmegaConf

from lungseg.config import conf_dir
from lungseg.errors import ConfigError, Pruned
from lungseg.training.loggers import build_logger, drop_leftovers, nodes_of, open_loggers
from lungseg.training.tracker import Tracker
from tests.runs.conftest import composed

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


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ((), ["logger"]),
        (("logger=none",), []),
        (("logger=mlflow",), ["logger.mlflow"]),
        (("logger=[wandb,mlflow]", "logger.mode=online"), ["logger", "logger.mlflow"]),
        (("logger=[tensorboard,none,mlflow]",), ["logger.mlflow", "logger.tensorboard"]),
    ],
)
def test_the_loggers_that_are_chosen(words, keys):
    config, _ = composed("train", *words)
    nodes = nodes_of(config.logger)
    assert list(nodes) == keys
    if "logger" in keys:
        assert set(nodes["logger"]) == {
            "_target_", "mode", "project", "name", "group", "job_type", "tags"
        }  # fmt: skip


class Closed(Tracker):
    name, version = "closed", "0"
    codes: ClassVar[list[int]] = []

    def finish(self, exit_code=0):
        self.codes.append(exit_code)

    def nothing(self, *args, **kwargs):
        pass

    log_metrics = log_hyperparams = log_overlays = log_picture = log_curve = log_summary = nothing


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, 0), (RuntimeError(), 1), (KeyboardInterrupt(), 1), (Pruned("early"), 0)],
)
def test_trackers_are_closed_whatever_happens(error, code, tmp_path, monkeypatch):
    monkeypatch.setattr(Closed, "codes", [])
    node = OmegaConf.create({"_target_": f"{__name__}.Closed", "mlflow": {"_target_": CSV}})

    def run():
        with open_loggers(node, tmp_path, {}) as loggers:
            assert [type(one).__name__ for one in loggers] == ["Closed", "CSVLogger"]
            if error is not None:
                raise error

    if error is None:
        run()
    else:
        with pytest.raises(type(error)):
            run()
    assert Closed.codes == [code]


def test_a_tracker_is_closed_when_the_next_cannot_be_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(Closed, "codes", [])
    second = {"_target_": "pytorch_lightning.loggers.CSVLogger", "speed": 1}
    node = OmegaConf.create({"_target_": f"{__name__}.Closed", "mlflow": second})
    with pytest.raises(ConfigError, match="logger.mlflow"), open_loggers(node, tmp_path, {}):
        pass
    assert Closed.codes == [1]


class Unreachable(Closed):
    def finish(self, exit_code=0):
        raise ConnectionError("no server")


@pytest.mark.parametrize("error", [None, ValueError("mine")])
def test_a_tracker_that_cannot_be_closed_hides_no_error_and_leaves_no_other_open(
    error, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(Closed, "codes", [])
    second = {"_target_": f"{__name__}.Closed"}
    node = OmegaConf.create({"_target_": f"{__name__}.Unreachable", "mlflow": second})
    seen = nullcontext() if error is None else pytest.raises(ValueError, match="mine")
    with seen, open_loggers(node, tmp_path, {}):
        if error is not None:
            raise error
    assert Closed.codes == [0 if error is None else 1]
    assert "Unreachable could not be closed: ConnectionError: no server" in caplog.text
