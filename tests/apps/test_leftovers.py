"""A class that was typed does not get the arguments of the option that it replaces."""

import re
import shlex

import pytest

from lungseg.apps.leftovers import refuse_leftovers
from lungseg.errors import ConfigError

ATTENTION = "monai.networks.nets.AttentionUnet"
LINES = {
    f"model._target_={ATTENTION}": (
        f"model: {ATTENTION} takes no depth, base_channels, set by the option of model and not by"
        " you; drop with ~model.depth ~model.base_channels, and give what it needs:"
        " +model.spatial_dims=… +model.in_channels=… +model.out_channels=… +model.channels=…"
        " +model.strides=…"
    ),
    "loss._target_=lungseg.losses.DiceLoss": (
        "loss: lungseg.losses.DiceLoss takes no alpha, beta, set by the option of loss and not by"
        " you; drop with ~loss.alpha ~loss.beta"
    ),
    "optimizer._target_=torch.optim.Adam": "takes no momentum,",
    "scheduler=cosine scheduler.scheduler._target_=torch.optim.lr_scheduler.StepLR": (
        "drop with ~scheduler.scheduler.T_max, and give what it needs:"
        " +scheduler.scheduler.step_size=…"
    ),
    "scheduler=cosine scheduler.scheduler._target_=torch.optim.lr_scheduler.StepLR"
    " ~scheduler.scheduler.T_max": (
        "scheduler.scheduler: torch.optim.lr_scheduler.StepLR needs"
        " +scheduler.scheduler.step_size=…"
    ),
    # What was typed is not called a leftover.
    "loss._target_=lungseg.losses.BCELoss ~loss.alpha ~loss.beta ~loss.smooth ~loss.reduction ~loss.empty"
    " +loss.gamma=1": "loss: BCELoss.__init__() got an unexpected keyword argument 'gamma'",
    "loss=dice +loss.gamma=1": "got an unexpected keyword argument 'gamma'",
}


@pytest.mark.parametrize("line", LINES)
def test_one_line_says_what_to_drop_and_what_to_give(line, refused):
    assert LINES[line] in refused("train", "logger=none", *shlex.split(line))


def test_the_advice_of_the_line_is_right(refused, monkeypatch):
    """Followed, it leads to the next step: the cases, which are not there."""
    said = refused("train", f"model._target_={ATTENTION}", "logger=none")
    drops, needs = re.findall(r"~\S+(?=[ ,])", said), re.findall(r"\+\S+=(?=…)", said)
    values = dict(zip(needs, ["2", "1", "1", "[8,16]", "[2]"], strict=True))
    words = [word.strip(",") for word in drops] + [key + value for key, value in values.items()]
    monkeypatch.setattr("lungseg.apps.train.prepare_with_masks", _stop)
    assert "reached the cases" in refused(
        "train", f"model._target_={ATTENTION}", "logger=none", *words
    )


def _stop(config):
    raise ConfigError("reached the cases")


@pytest.mark.parametrize(
    "node",
    [
        {},
        {"_target_": "lungseg.models.unet.UNet", "depth": 2},
        {"_target_": "torch.nn.Sequential"},
        {"_target_": "torch.optim.SGD", "_partial_": True, "lr": 1},
        {"_target_": "builtins.dict", "anything": 1},
    ],
)
def test_what_fits_passes(node):
    refuse_leftovers(node, "model", typed=())


def test_a_network_in_the_current_folder_is_found(refused, monkeypatch, tmp_path):
    text = "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n"
    text += "        super().__init__(nn.Conv2d(1, 1, 3, padding=1))\n"
    (tmp_path / "mynet_apps.py").write_text(text)
    monkeypatch.setattr("lungseg.apps.train.prepare_with_masks", _stop)
    words = ("model._target_=mynet_apps.Net", "~model.depth", "~model.base_channels")
    assert "reached the cases" in refused("train", *words, "logger=none")
    line = refused("train", "model._target_=mynet_apps.Nett", *words[1:], "logger=none")
    assert line.endswith("model: mynet_apps has no Nett; did you mean mynet_apps.Net?")
