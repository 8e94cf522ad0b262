"""From configuration to objects."""

import re

import pytest
from hydra.errors import HydraException
from omegaconf import OmegaConf

from lungseg.config import build, compose, conf_dir, flatten, register_resolvers
from lungseg.errors import ConfigError


def test_the_groups_are_there():
    assert (conf_dir() / "train.yaml").is_file()


@pytest.mark.parametrize("text", ["${z}", "a\\${z}", "\\", "a\\\\${b}", "${a} and ${b:c}"])
def test_a_resolved_value_is_text(text):
    node = {"_target_": "builtins.dict", "x": text, "y": [{"_target_": "builtins.dict", "z": text}]}
    assert build(node, "data") == {"x": text, "y": [{"z": text}]}


def test_an_interpolation_is_resolved_first():
    config = OmegaConf.create({"a": 3, "part": {"_target_": "builtins.dict", "x": "${a}"}})
    assert build(config.part, "part", y=4) == {"x": 3, "y": 4}


def test_partial():
    made = build({"_target_": "builtins.dict", "_partial_": True, "x": 1}, "part")
    assert made(y=2) == {"x": 1, "y": 2}


REFUSED = {
    "nothing to build": ({"x": 1}, "part: has no _target_"),
    "missing package": ({"_target_": "nowhere.Thing"}, "part: .*nowhere"),
    "unknown argument": ({"_target_": "fractions.Fraction", "x": 1}, "part: .*argument 'x'"),
    "missing argument": ({"_target_": "operator.index"}, "part: "),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    node, message = REFUSED[what]
    with pytest.raises(ConfigError) as refused:
        build(node, "part")
    assert re.search(message, str(refused.value))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "checkpoint", "expected"),
    [
        ("run_dir", "null", r"o/\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d"),
        ("run_dir", "o/a/checkpoints/last.ckpt", "o/a"),
        ("run_dir", "elsewhere/last.ckpt", r"o/\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d"),
        ("evaluation_dir", "null,masks", r"o/\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d"),
        ("evaluation_dir", "null,null", r"o/logs/evaluate/\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d"),
        ("evaluation_dir", "o/a/checkpoints/last.ckpt,null", r"o/\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d"),
    ],
)
def test_folders(name, checkpoint, expected):
    register_resolvers()
    config = OmegaConf.create({"dir": f"${{lungseg.{name}:o,{checkpoint}}}"})
    assert re.fullmatch(expected, config.dir)
    assert config.dir == config.dir  # the time is asked once


def test_a_configuration_from_python_is_that_of_the_command_line():
    made = compose("train", ["data=tcia", "data.root=/scans/Röntgen [1]", "trainer.max_epochs=2"])
    assert made.data.root == "/scans/Röntgen [1]"
    assert made.trainer.max_epochs == 2
    with pytest.raises(HydraException, match="model"):
        compose("train", ["model=nowhere"])


def test_flatten():
    assert flatten({"a": {"b": 1, "c": {}}, "d": [2]}) == {"a.b": 1, "d": [2]}
