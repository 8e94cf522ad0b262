"""The options of the group, and what the command line makes of them."""

import subprocess
import sys

import pytest

from lungseg.augment.affine import Affine
from lungseg.config import build
from lungseg.errors import ConfigError
from tests.training.compose import train_config


def built(*overrides):
    return build(train_config(*overrides).augment, "augment")


def probabilities(augment):
    return {type(one).__name__: one.p for one in augment.transforms}


def test_none_is_the_default_and_builds_nothing():
    assert train_config().augment == {}


def test_strong_moves_more_than_light():
    light, strong = built("augment=light"), built("augment=strong")
    assert [*probabilities(light)] == [*probabilities(strong)]
    (small,) = (one for one in light.transforms if isinstance(one, Affine))
    (large,) = (one for one in strong.transforms if isinstance(one, Affine))
    assert large.degrees > small.degrees
    assert large.scale[1] > small.scale[1]
    assert probabilities(light)["Gamma"] == 0 < probabilities(strong)["Gamma"]


def test_one_override_changes_a_number_or_leaves_a_transform_out():
    changed = built(
        "augment=light", "augment.transforms.flip.p=1", "augment.transforms.affine=null"
    )
    assert probabilities(changed)["Flip"] == 1
    assert "Affine" not in probabilities(changed)


def test_a_wrong_number_is_one_line():
    with pytest.raises(
        ConfigError, match=r"^augment: Affine.degrees must be a number from 0 to 180"
    ):
        built("augment=light", "augment.transforms.affine.degrees=-5")


def test_building_imports_no_torch():
    code = (
        "import sys; from tests.augment.test_options import built; built('augment=strong');"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
