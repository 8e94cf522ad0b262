"""A cap on channels, residual blocks and norms, by hand; and what stays as it was without them."""

import re
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

from lungseg.config import build, conf_dir
from lungseg.models.norms import norm_layer
from lungseg.models.residual import ResidualBlock
from lungseg.models.unet import UNet

VARIANTS = [
    {"residual": residual, "norm": norm, "max_channels": 8}
    for residual in (False, True)
    for norm in ("batch", "instance", "group")
]


def make(**arguments):
    torch.manual_seed(0)
    return UNet(**{"depth": 2, "base_channels": 4, **arguments})


def image(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_the_default_network_is_that_of_earlier_versions():
    """Layers by name, in the order in which they draw their weights, as checkpoints have them."""
    torch.manual_seed(0)
    layers = {}
    for name, before, after in [("encoder.0", 1, 4), ("encoder.1", 4, 8), ("bottleneck", 8, 16)]:
        layers |= {
            f"{name}.0": nn.Conv2d(before, after, 3),
            f"{name}.3": nn.Conv2d(after, after, 3),
        }
    layers |= {f"upsample.{k}": nn.ConvTranspose2d(2 * n, n, 2) for k, n in enumerate((8, 4))}
    for k, n in enumerate((8, 4)):
        layers |= {f"decoder.{k}.0": nn.Conv2d(2 * n, n, 3), f"decoder.{k}.3": nn.Conv2d(n, n, 3)}
    layers["head"] = nn.Conv2d(4, 1, 1)
    model = make()
    for name, layer in layers.items():
        assert torch.equal(model.get_submodule(name).weight, layer.weight), name
        assert torch.equal(model.get_submodule(name).bias, layer.bias), name
    norms = {name for name, layer in model.named_modules() if isinstance(layer, nn.BatchNorm2d)}
    assert norms == {re.sub(r"\.[03]$", lambda n: f".{int(n[0][1]) + 1}", name)
                     for name in layers if name[-2:] in (".0", ".3") and "up" not in name}  # fmt: skip


def test_parameters_with_a_cap_by_hand():
    node = {"_target_": "lungseg.models.unet.UNet", "depth": 5, "base_channels": 16}
    model = build(node | {"max_channels": 128}, "model")
    widths = [16, 32, 64, 128, 128, 128]

    def block(before, after):  # two convolutions, each with bias and the norm's two
        return 9 * before * after + 9 * after * after + 6 * after

    expected = sum(block(*pair) for pair in pairwise([1, *widths]))
    expected += sum(4 * coarser * n + n + block(2 * n, n) for n, coarser in pairwise(widths))
    expected += 16 + 1
    assert sum(parameter.numel() for parameter in model.parameters()) == expected == 2_092_113
    shipped = (conf_dir() / "model" / "unet_deep.yaml").read_text()
    assert "2.1 M parameters" in shipped


def test_a_cap_that_is_not_reached_changes_nothing():
    x = image(1, 1, 8, 8)
    assert torch.equal(make(max_channels=16)(x), make()(x))
    assert not torch.equal(make(max_channels=8)(x), make()(x))


@pytest.mark.parametrize("arguments", VARIANTS, ids=str)
def test_every_variant_keeps_the_size_and_trains_all_of_itself(arguments):
    model = make(depth=3, in_channels=3, **arguments).eval()
    logits = model(image(2, 3, 16, 24))
    assert logits.shape == (2, 1, 16, 24)
    logits.square().sum().backward()
    unreached = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached


@pytest.mark.parametrize("arguments", VARIANTS, ids=str)
def test_a_process_without_a_slice_takes_part(arguments):
    model = make(**arguments)
    model(torch.zeros(0, 1, 8, 8)).sum().backward()
    assert all(p.grad is not None and not p.grad.any() for p in model.parameters())


@pytest.mark.parametrize("arguments", VARIANTS, ids=str)
def test_channels_last_is_kept(arguments):
    model = make(**arguments).to(memory_format=torch.channels_last)
    kept = []
    for name, module in model.named_modules():
        # A 1 × 1 convolution of one channel cannot tell the layouts apart; the sum after it does.
        if not name.startswith("encoder.0.shortcut"):
            module.register_forward_hook(
                lambda *call: kept.append(call[2].is_contiguous(memory_format=torch.channels_last))
            )
    model(image(2, 1, 16, 16).contiguous(memory_format=torch.channels_last))
    assert kept
    assert all(kept)


@pytest.mark.parametrize(
    ("norm", "mixes"), [("batch", True), ("instance", False), ("group", False)]
)
def test_only_batch_norm_mixes_the_images_of_a_batch(norm, mixes):
    model, x = make(norm=norm), image(3, 1, 16, 16)
    alone = torch.cat([model(sample[None]) for sample in x])
    assert torch.allclose(model(x), alone, atol=1e-5) != mixes


def test_instance_norm_is_torchs():
    x = image(2, 6, 5, 7) * 3 + 2
    ours, theirs = norm_layer("instance", 6), nn.InstanceNorm2d(6, affine=True)
    torch.testing.assert_close(ours(x), theirs(x))
    assert ours(x[..., :1, :1]).abs().max() < 1e-3  # 1 × 1, where theirs would raise


def test_group_norm_by_hand():
    x = image(2, 16, 3, 4).double() * 3 + 2
    groups = x.unflatten(1, (8, 2))
    mean = groups.mean((2, 3, 4), keepdim=True)
    variance = groups.var((2, 3, 4), unbiased=False, keepdim=True)
    expected = ((groups - mean) / (variance + 1e-5).sqrt()).flatten(1, 2)
    torch.testing.assert_close(norm_layer("group", 16).double()(x), expected)


@pytest.mark.parametrize("before", [3, 4])
@pytest.mark.parametrize("training", [False, True])
def test_a_residual_block_by_hand(before, training):
    torch.manual_seed(0)
    block = ResidualBlock(before, 4).double().train(training)
    x = image(2, before, 6, 5).double()

    def conv_norm(x, conv, norm):
        x = functional.conv2d(x, conv.weight, conv.bias, padding=conv.kernel_size[0] // 2)
        axes = (0, 2, 3)
        mean = x.mean(axes, keepdim=True) if training else 0.0
        variance = x.var(axes, unbiased=False, keepdim=True) if training else 1.0
        return (x - mean) / (variance + norm.eps) ** 0.5

    first, norm, _, second, last = block.convolutions
    expected = conv_norm(functional.relu(conv_norm(x, first, norm)), second, last)
    expected = expected + (x if before == 4 else conv_norm(x, *block.shortcut))
    torch.testing.assert_close(block(x), functional.relu(expected))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            {"max_channels": 8},
            "max_channels must be null or a whole number of at least base_channels (16), got 8",
        ),
        (
            {"max_channels": True},
            "max_channels must be null or a whole number of at least base_channels (16), got True",
        ),
        (
            {"max_channels": "big"},
            "max_channels must be null or a whole number of at least base_channels (16), got 'big'",
        ),
        ({"residual": "yes"}, "residual must be true or false, got 'yes'"),
        ({"norm": "layer"}, "norm must be 'batch', 'instance' or 'group', got 'layer'"),
    ],
)
def test_what_cannot_be_is_refused(arguments, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        UNet(**arguments)
