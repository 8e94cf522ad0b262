"""What a ``_target_`` names is found; otherwise the line says what is missing and what is near."""

import re
import sys

import pytest

from lungseg.errors import ConfigError
from lungseg.targets import current_folder_importable, locate

MISSING = {
    "class": ("lungseg.models.unet.UNett", "lungseg.models.unet has no UNett; did you mean lungseg.models.unet.UNet?"),
    "module": ("lungseg.modles.unet.UNet", "lungseg has no modles; did you mean lungseg.models?"),
    "class of torch": ("torch.nn.Linaer", "torch.nn has no Linaer; did you mean torch.nn.Linear?"),
    "nothing near": ("fractions.Xyzzy", "fractions has no Xyzzy$"),
    "package": ("numppy.zeros", "no package numppy is installed, nor is numppy.py in the current folder; did you mean numpy?"),
    "package like no other": ("qzxjk.Net", "nor is qzxjk.py in the current folder$"),
    "no dots": ("UNet", "'UNet' is no dotted name of a class: package.module.Class"),
    "two dots": ("torch..nn", "is no dotted name"),
    "no class": ("math.pi", "math.pi is no class or function"),
    "class of a class": ("fractions.Fraction.numer", "fractions.Fraction has no numer; did you mean"),
}  # fmt: skip


@pytest.mark.parametrize(("target", "line"), MISSING.values(), ids=MISSING)
def test_what_is_missing_and_what_is_near(target, line):
    with pytest.raises(ConfigError) as refused:
        locate(target, "model")
    said = str(refused.value)
    assert said.startswith("model: ")
    assert said.endswith(line[:-1]) if line.endswith("$") else line in said


def test_what_is_there():
    import torch

    assert locate("torch.nn.Linear", "model") is torch.nn.Linear
    assert locate("fractions.Fraction.from_float", "model")(0.5) == 0.5
    assert locate("xml.etree.ElementTree.parse", "model").__name__ == "parse"


def module(folder, name, text):
    (folder / f"{name}.py").write_text(text)
    sys.modules.pop(name, None)


def test_a_module_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    module(tmp_path, "mynet_here", "class Net: pass")
    with pytest.raises(ConfigError, match="no package mynet_here"):
        locate("mynet_here.Net", "model")
    before = list(sys.path)
    with current_folder_importable():
        assert locate("mynet_here.Net", "model").__name__ == "Net"
        with pytest.raises(ConfigError, match=r"did you mean mynet_here\.Net\?"):
            locate("mynet_here.Nett", "model")
    assert sys.path == before


def test_a_file_in_the_current_folder_replaces_no_installed_module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "colorsys.py").write_text("class Net: pass")
    with current_folder_importable(), pytest.raises(ConfigError, match="colorsys has no Net"):
        locate("colorsys.Net", "model")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import qzxjk", "mynet_bad.Net needs the package qzxjk, which is not there$"),
        ("import monai_not_there.x", "needs the package monai_not_there"),
        ("1 / 0", "mynet_bad cannot be imported: ZeroDivisionError: division by zero"),
        ("class Net(:", "mynet_bad cannot be imported: SyntaxError: "),
    ],
)
def test_a_module_that_cannot_be_imported(text, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module(tmp_path, "mynet_bad", text)
    with current_folder_importable(), pytest.raises(ConfigError) as refused:
        locate("mynet_bad.Net", "model")
    assert re.search(line, str(refused.value))


def test_a_package_of_an_extra_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "monai", None)  # as if it were not installed
    with pytest.raises(ConfigError, match=r"UNet needs monai: pip install 'lungseg\[monai\]'"):
        locate("monai.networks.nets.UNet", "model")
