"""Weights of another training: what fits, and a changed number of input channels."""

import pytest
import torch
from torch import nn

from lungseg.models.unet import UNet
from lungseg.training.initial import load_fitting


def unet(seed, **arguments):
    torch.manual_seed(seed)
    net = UNet(**{"depth": 2, "base_channels": 4} | arguments)
    with torch.no_grad():
        for name, buffer in net.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)
    return net.eval()


def test_the_same_network_becomes_the_other():
    old, new = unet(0), unet(1)
    fit = load_fitting(new, old.state_dict())
    assert (fit.left, fit.channels) == ([], None)
    image = torch.rand(1, 1, 16, 16)
    assert torch.equal(new(image), old(image))


@pytest.mark.parametrize(("before", "after"), [(1, 5), (3, 1), (3, 5)])
def test_the_sum_over_input_channels_is_kept(before, after):
    old, new = unet(0, in_channels=before), unet(1, in_channels=after)
    fit = load_fitting(new, old.state_dict())
    assert (fit.left, fit.channels) == ([], (before, after))
    one = torch.rand(1, 1, 16, 16)
    expected = old(one.expand(-1, before, -1, -1))
    torch.testing.assert_close(new(one.expand(-1, after, -1, -1)), expected, rtol=1e-4, atol=1e-5)
    # No channel was left out.
    assert all(weight.abs().sum() > 0 for weight in new.encoder[0][0].weight.unbind(1))


def test_a_deeper_network_takes_what_it_has_in_common():
    old, new = unet(0), unet(1, depth=3)
    before = {name: value.clone() for name, value in new.state_dict().items()}
    fit = load_fitting(new, old.state_dict())
    after, given = new.state_dict(), old.state_dict()
    assert "encoder.1.0.weight" in fit.taken
    assert "bottleneck.0.weight" in fit.left
    assert {*fit.taken} | {*fit.left} == {*after}
    assert all(torch.equal(after[name], given[name]) for name in fit.taken)
    assert all(torch.equal(after[name], before[name]) for name in fit.left)


def test_of_another_network_nothing_is_taken():
    """Biases and counts may have the same names and shapes by chance."""
    net = unet(1)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    other = unet(0, base_channels=8).state_dict()
    assert other["head.bias"].shape == before["head.bias"].shape
    fit = load_fitting(net, other)
    assert (fit.taken, fit.left) == ([], [*before])
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_layer_in_the_middle_is_not_taken_for_one_that_sees_the_image():
    old = nn.Sequential(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 3, 1))
    new = nn.Sequential(nn.Conv2d(2, 4, 1), nn.Conv2d(5, 3, 1))
    assert load_fitting(new, old.state_dict()).left == ["1.weight"]
