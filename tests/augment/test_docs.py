"""docs/augmentation.md: its table is that of the options, its commands and its code work."""

import re
import shlex

import pytest
import torch

from lungseg.config import build, compose
from tests.conftest import CLONE
from tests.training.compose import train_config

TEXT = (CLONE / "docs" / "augmentation.md").read_text()
ROWS = [line.split("|")[1:-1] for line in TEXT.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(("option", "column"), [("light", 1), ("strong", 2)])
def test_the_table_has_every_transform_in_order_with_its_probability(option, column):
    transforms = train_config(f"augment={option}").augment.transforms
    shown = {row[0].strip(" `"): float(row[column]) for row in ROWS}
    assert shown == {name: one.p for name, one in transforms.items()}
    assert [*shown] == [*transforms]


def test_the_table_has_every_parameter():
    transforms = train_config("augment=light").augment.transforms
    for row in ROWS:
        node = transforms[row[0].strip(" `")]
        named = set(re.findall(r"`(\w+)`", row[3]))
        assert named == {key for key in node if key not in ("_target_", "p")}


@pytest.mark.parametrize(
    "line", re.findall(r"^lungseg (?:train|preview) .*", TEXT, re.MULTILINE)
)  # fmt: skip
def test_the_commands(line):
    command, *words = [word for word in shlex.split(line)[1:] if word != "-m"]
    words = [word.partition(",")[0] for word in words]
    config = compose(command, words)
    assert not config.augment or build(config.augment, "augment").transforms


def test_the_code():
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names = {}
    torch.manual_seed(0)
    exec(code, names)
    assert torch.equal(names["image"], names["again"])
    assert not torch.equal(names["image"], names["window"](names["hu"]))
