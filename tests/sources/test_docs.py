"""Every command of docs/sources.md builds the source that it describes."""

import re
import shlex

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from lungseg.config import build, conf_dir
from lungseg.overrides import quoted_overrides
from lungseg.sources import dicomseg, lctsc, nifti, slices2d, tcia
from tests.conftest import CLONE

CLASSES = {
    "lctsc": lctsc.LctscFolder,
    "tcia": tcia.TciaFolder,
    "dicomseg": dicomseg.DicomSegFolder,
    "nifti": nifti.NiftiFolder,
    "slices2d": slices2d.SliceImages,
}
TEXT = (CLONE / "docs" / "sources.md").read_text()
COMMANDS = [line for line in TEXT.splitlines() if line.startswith("lungseg prepare")]


@pytest.mark.parametrize("command", [line for line in COMMANDS if "cubes" not in line])
def test_commands(command):
    words = shlex.split(command)[2:]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("prepare", quoted_overrides(words))
    assert isinstance(build(config.data.source, "data"), CLASSES[config.data.name])


def test_every_source_and_layout_is_documented():
    table = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert table == {file.stem for file in (conf_dir() / "data").glob("*.yaml")}
    from lungseg.sources.layouts import LAYOUTS

    for images, _ in LAYOUTS:
        assert images.removesuffix("n*") in TEXT


def test_a_yaml_of_ones_own_has_all_keys():
    own = TEXT[TEXT.index("## A source of your own") :]
    files = (conf_dir() / "data").glob("*.yaml")
    shared = set.intersection(*(set(OmegaConf.load(file)) for file in files))
    assert {"skip_bad_cases", "on_finding"} <= shared
    assert all(f"`{key}`" in own for key in shared)
