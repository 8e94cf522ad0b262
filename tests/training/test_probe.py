"""A network or a loss that does not fit is refused, and trying one out changes nothing."""

import re

import pytest
import torch
from torch import nn

from lungseg.errors import ConfigError
from lungseg.models.unet import UNet
from lungseg.training.probe import check_loss, check_network

NAME = {"_target_": "mine.Net"}


class Volumes(nn.Conv3d):
    def forward(self, image):
        if image.ndim != 5:
            raise RuntimeError("expected 5 dimensions")
        return super().forward(image)


class Named(nn.Conv2d):
    def forward(self, image):
        return {"out": super().forward(image)}


class OfOneSize(nn.Conv2d):
    """As a transformer with a fixed number of patches."""

    def __init__(self, side):
        super().__init__(1, 1, 1)
        self.side = side

    def forward(self, image):
        if image.shape[-1] != self.side:
            raise ValueError(f"must be {self.side} wide")
        return super().forward(image)


class Lacking(nn.Conv2d):
    """As MONAI's networks without an optional package."""

    def forward(self, image):
        raise ImportError("from einops import rearrange (No module named 'einops').\n\nFor details")


def conv(inside, outside, stride=1):
    return nn.Conv2d(inside, outside, 1, stride)


REFUSED = {
    "a package": (Lacking(1, 1, 1), {}, "needs a package that is not there: from einops import rearrange (No module named 'einops')."),
    "three channels": (conv(3, 1), {"in_channels": 3}, "takes three-channel images; a network must map images [B, 1, H, W] to logits of the same shape: model.in_channels=1"),
    "two structures": (conv(1, 2), {}, "maps an image [1, 1, 64, 64] to [1, 2, 64, 64]; a network must"),
    "half the size": (conv(1, 1, 2), {}, "to [1, 1, 32, 32]; a network must"),
    "3-D": (Volumes(1, 1, 1), {"spatial_dims": 3}, "takes 3-D images; a network must map images [B, 1, H, W] to logits of the same shape: model.spatial_dims=2"),
    "a dictionary": (Named(1, 1, 1), {}, "to a dict; a network must"),
    "no network": (dict, {}, "is no torch.nn.Module"),
    "nothing to train": (nn.Identity(), {}, "has no weights to train"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_network_that_does_not_fit(what):
    net, settings, line = REFUSED[what]
    with pytest.raises(ConfigError, match=re.escape(line)) as refused:
        check_network(net, NAME | settings)
    assert str(refused.value).startswith("model: mine.Net ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "make", [lambda: UNet(depth=7, base_channels=4), lambda: OfOneSize(256), lambda: conv(1, 1)]
)
def test_a_network_that_fits_at_some_size(make, caplog):
    torch.manual_seed(0)  # a draw of so few weights may look like probabilities
    check_network(make(), NAME)
    assert not caplog.records


@pytest.mark.parametrize("seed", range(10))
def test_networks_as_they_are_drawn_are_not_taken_for_probabilities(seed, caplog):
    torch.manual_seed(seed)
    check_network(UNet(depth=4, base_channels=4), NAME)
    assert not caplog.records


def zeroed(net):
    for weights in net.parameters():
        nn.init.zeros_(weights)
    return net


torch.manual_seed(0)  # a draw of so few weights may be anything
BOUNDED = {
    "sigmoid": (nn.Sequential(UNet(depth=2, base_channels=4), nn.Sigmoid()), True),
    "clamped": (nn.Sequential(conv(1, 1), nn.Hardtanh(0, 1)), True),
    "logits": (UNet(depth=2, base_channels=4), False),
    "normalized": (nn.Sequential(conv(1, 4), nn.InstanceNorm2d(4), conv(4, 1)), False),
    "positive": (nn.Sequential(conv(1, 8), nn.ReLU(), conv(8, 8), nn.Softplus(), conv(8, 1), nn.ReLU()), False),
    "zero at first": (zeroed(conv(1, 1)), False),
}  # fmt: skip


@pytest.mark.parametrize("what", BOUNDED)
def test_probabilities_instead_of_logits_are_reported(what, caplog):
    net, reported = BOUNDED[what]
    if what == "positive":  # whatever is drawn: some pixel passes all layers
        with torch.no_grad():
            for weights in net.parameters():
                weights.abs_()
    check_network(net, NAME)
    lines = [record.getMessage() for record in caplog.records]
    assert [("look like probabilities; logits are expected" in line) for line in lines] == (
        [True] if reported else []
    )


def test_a_network_that_makes_one_size_of_all_fits_at_that(caplog):
    class Resized(nn.Conv2d):
        def __init__(self, side):
            super().__init__(1, 1, 1)
            self.side = side

        def forward(self, image):
            return nn.functional.interpolate(super().forward(image), size=(self.side, self.side))

    check_network(Resized(256), NAME)
    with pytest.raises(ConfigError, match=r"maps an image \[1, 1, 64, 64\] to \[1, 1, 40, 40\]"):
        check_network(Resized(40), NAME)


def test_a_loss_that_draws_numbers_changes_no_other_draw():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check_loss(lambda logits, mask: (logits * torch.rand_like(logits)).sum(), {})
    assert torch.rand(1) == expected


def test_a_network_that_may_fit_the_data_is_left_to_them(caplog):
    check_network(OfOneSize(97), NAME)
    (said,) = caplog.messages
    assert said.endswith("could not be tried on images of 64 to 512: must be 97 wide")


def test_trying_changes_nothing():
    frozen = nn.BatchNorm2d(1).eval()
    net = nn.Sequential(conv(1, 1), nn.BatchNorm2d(1), nn.Dropout(), frozen)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    check_network(net, NAME)
    check_loss(nn.SmoothL1Loss(), NAME)
    torch.testing.assert_close(torch.rand(4), expected, rtol=0, atol=0)
    assert [module.training for module in net.modules()] == modes
    assert modes.count(False) == 1
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert all(weights.grad is None for weights in net.parameters())


LOSSES = {
    "no number": (nn.SmoothL1Loss(reduction="none"), "makes [2, 1, 64, 64]; a loss must make one"),
    "an error": (nn.CosineEmbeddingLoss(), "fails: "),
    "no gradient": (lambda logits, mask: (logits.detach() - mask).mean(), "has no gradient"),
    "a plain number": (lambda logits, mask: 1.0, "makes a float; a loss must"),
}


@pytest.mark.parametrize("what", LOSSES)
def test_a_loss_that_does_not_fit(what):
    loss, line = LOSSES[what]
    with pytest.raises(ConfigError, match=re.escape(f"loss: mine.Net {line}")):
        check_loss(loss, NAME)
