"""Images of any size through networks that take only some."""

import numpy as np
import pytest
import torch
from monai.networks.nets import UNet as MonaiUNet
from torch import nn

from lungseg.models.padding import (
    Padding,
    fitting_size,
    most_padding,
    size_multiple,
    usual_padding,
)
from lungseg.models.unet import UNet


class Watched(nn.Module):
    """A network that says what it was given while it had gradients."""

    def __init__(self, net):
        super().__init__()
        self.net, self.images, self.trials = net, [], 0
        if hasattr(net, "size_multiple"):
            self.size_multiple = net.size_multiple

    def forward(self, image):
        if torch.is_grad_enabled():
            self.images.append(image)
        else:
            self.trials += 1
        return self.net(image)


class ThreeByThree(nn.Module):
    """Thirds an image; no power of two helps."""

    size_multiple = 3

    def forward(self, image):
        assert image.shape[-2] % 3 == image.shape[-1] % 3 == 0
        small = nn.functional.avg_pool2d(image, 3)
        return small.repeat_interleave(3, -1).repeat_interleave(3, -2)


def monai_unet():
    return MonaiUNet(2, 1, 1, channels=(4, 8, 8, 8), strides=(2, 2, 2), num_res_units=2)


# Each network, and by what its sizes have to divide, from its definition.
NETWORKS = {
    "U-Net, depth 3": (lambda: UNet(depth=3, base_channels=2), 8),
    "U-Net, depth 4": (lambda: UNet(depth=4, base_channels=2), 16),
    "MONAI, three strides of 2": (monai_unet, 8),
    "any size": (lambda: nn.Conv2d(1, 1, 3, padding=1), 1),
    "thirds": (ThreeByThree, 3),
    # Returns an image of another size, without an error.
    "halves": (lambda: nn.Sequential(nn.MaxPool2d(2), nn.Upsample(scale_factor=2)), 2),
}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("size", [(33, 33), (60, 50), (61, 64), (3, 96), (48, 48)])
def test_an_image_is_padded_no_more_than_the_network_needs(network, size):
    make, multiple = NETWORKS[network]
    torch.manual_seed(0)
    net = Watched(make()).eval()
    image = torch.randn(2, 1, *size)
    logits = Padding()(net, image)
    assert logits.shape == image.shape
    assert logits.is_contiguous()
    (given,) = net.images
    assert given.shape[2:] == tuple(-(-length // multiple) * multiple for length in size)
    # By numpy, whose name for it is "edge".
    below, right = given.shape[2] - size[0], given.shape[3] - size[1]
    padded = np.pad(image.numpy(), [(0, 0), (0, 0), (0, below), (0, right)], mode="edge")
    assert np.array_equal(given, padded)
    assert torch.equal(logits, net.net(torch.tensor(padded))[:, :, : size[0], : size[1]])
    assert net.trials == 0 or not hasattr(net, "size_multiple")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_number_of_which_all_sizes_are_multiples(network):
    make, multiple = NETWORKS[network]
    assert size_multiple(make()) == multiple


def test_a_network_that_takes_one_size_has_no_such_number():
    class OneSize(nn.Identity):
        def forward(self, image):
            assert image.shape[-1] == 100
            return image

    assert size_multiple(OneSize()) is None


def test_an_image_that_fits_is_handed_over_as_it_is():
    for make, _ in NETWORKS.values():
        net, image = Watched(make()), torch.randn(2, 1, 48, 96)
        Padding()(net, image)
        assert net.images[0] is image


def test_trying_a_network_leaves_it_as_it_was():
    frozen = nn.BatchNorm2d(1).eval()
    net = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), monai_unet(), frozen)
    modes = [layer.training for layer in net.modules()]
    assert set(modes) == {True, False}
    before = {name: value.clone() for name, value in net.state_dict().items()}
    image, random = torch.randn(2, 1, 50, 50), torch.get_rng_state()
    assert fitting_size(net, image) == (56, 56)
    assert [layer.training for layer in net.modules()] == modes
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_each_size_is_tried_once():
    net, padding = Watched(monai_unet()), Padding()
    padding(net, torch.randn(2, 1, 50, 50))
    trials = net.trials
    assert trials > 1
    padding(net, torch.randn(3, 1, 50, 50))
    assert net.trials == trials
    padding(net, torch.randn(2, 1, 52, 50))
    assert net.trials > trials


def test_a_batch_without_slices_is_padded_like_the_others():
    """A process has none of a batch where another has the last slice."""
    for make, multiple in NETWORKS.values():
        if multiple in (2, 3, 8):
            logits = Padding()(make().eval(), torch.zeros(0, 1, 33, 50))
            assert logits.shape == (0, 1, 33, 50)


def test_a_network_that_takes_no_size_says_why():
    net = nn.Conv2d(3, 1, 3)
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 1 channels"):
        Padding()(net, torch.zeros(1, 1, 50, 50))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_precisions(dtype):
    net = UNet(depth=2, base_channels=2).to(dtype).eval()
    assert Padding()(net, torch.randn(1, 1, 33, 33, dtype=dtype)).dtype == dtype


def test_padded_pixels_have_no_gradient():
    """The loss sees the image's own pixels only: nothing comes back from the others."""
    net, image = nn.Conv2d(1, 1, 1), torch.ones(1, 1, 5, 5)
    net.size_multiple = 4
    Padding()(net, image).sum().backward()
    assert net.weight.grad.item() == 25  # of 64 with padding


def test_networks_are_tried_without_autocast():
    """It would keep weights without gradients for the step that the trial is a part of."""
    modes = []
    net, image = monai_unet(), torch.randn(2, 1, 50, 50)
    net.register_forward_pre_hook(
        lambda *_: modes.append((torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")))
    )
    with torch.autocast("cpu", torch.bfloat16):
        logits = Padding()(net, image)
    *trials, step = modes
    assert set(trials) == {(False, False)}
    assert step == (True, True)
    assert logits.dtype == torch.bfloat16
    logits.float().square().sum().backward()
    assert all(weights.grad is not None for weights in net.parameters())


@pytest.mark.parametrize("network", NETWORKS)
def test_images_are_padded_by_at_least_as_much_as_half_of_the_training(network):
    make, multiple = NETWORKS[network]
    net, trained = make().eval(), [(33, 50), (45, 41), (40, 60)]
    added = usual_padding(net, 1, trained)
    assert added == (
        sorted(-height % multiple for height, _ in trained)[1],
        sorted(-width % multiple for _, width in trained)[1],
    )
    for size in [*trained, (48, 48), (47, 50), (64, 33)]:
        padded = fitting_size(net, torch.zeros(1, 1, *size), added)
        for whole, own, more in zip(padded, size, added, strict=True):
            assert whole % multiple == 0
            assert 0 <= whole - own - more < multiple


def test_of_an_even_number_the_lower_middle_counts():
    net = UNet(depth=3, base_channels=2)
    assert usual_padding(net, 1, [(33, 50), (64, 41)]) == (0, 6)
    assert usual_padding(net, 1, [(33, 57)]) == most_padding(net) == (7, 7)


def test_more_is_added_in_evaluation_alone():
    net = Watched(UNet(depth=3, base_channels=2))
    for training, height in ((True, 48), (False, 56), (True, 48)):
        net.train(training)
        Padding((3, 0))(net, torch.zeros(1, 1, 48, 64))
        assert net.images[-1].shape[2:] == (height, 64)


def test_a_network_of_one_size_is_padded_by_nothing():
    class OneSize(nn.Identity):
        def forward(self, image):
            assert image.shape[-1] == 100
            return image

    assert usual_padding(OneSize(), 1, [(100, 100)]) == (0, 0)
