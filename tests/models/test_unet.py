"""The U-Net: its size by hand arithmetic, its shapes, and that it learns."""

import re

import pytest
import torch
from torch.nn import functional

from lungseg.models.unet import UNet


def make(seed=0, **arguments):
    torch.manual_seed(seed)
    return UNet(**{"depth": 2, "base_channels": 4, **arguments})


def image(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameters_by_hand():
    def block(before, after):  # Per convolution: weights, bias, and the batch norm's two.
        return 9 * before * after + after + 2 * after + 9 * after * after + after + 2 * after

    def upsample(before, after):
        return 4 * before * after + after

    model = UNet(depth=3, base_channels=16)
    encoder = [block(1, 16), block(16, 32), block(32, 64)]
    assert encoder == [2_544, 14_016, 55_680]
    assert [count(part) for part in model.encoder] == encoder
    assert count(model.bottleneck) == block(64, 128) == 221_952
    ups = [upsample(128, 64), upsample(64, 32), upsample(32, 16)]
    assert ups == [32_832, 8_224, 2_064]
    assert [count(part) for part in model.upsample] == ups
    decoder = [block(128, 64), block(64, 32), block(32, 16)]
    assert decoder == [110_976, 27_840, 7_008]
    assert [count(part) for part in model.decoder] == decoder
    assert count(model.head) == 16 + 1
    assert count(model) == sum(encoder) + 221_952 + sum(ups) + sum(decoder) + 17 == 483_153


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize(("in_channels", "out_channels"), [(1, 1), (3, 2)])
def test_logits_have_the_images_size(depth, in_channels, out_channels):
    model = make(depth=depth, in_channels=in_channels, out_channels=out_channels)
    assert model(image(2, in_channels, 48, 32)).shape == (2, out_channels, 48, 32)


@pytest.mark.parametrize(("height", "width"), [(510, 512), (512, 510), (4, 8)])
def test_size_that_does_not_divide(height, width):
    message = f"image height and width must be multiples of 8 (2**depth), got {height} × {width}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(depth=3)(torch.zeros(1, 1, height, width))


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 3, 8, 8), (1, 1, 8, 8, 8)])
def test_image_of_another_shape(shape):
    message = f"image must have shape [B, 1, H, W], got {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()(torch.zeros(shape))


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, None])
@pytest.mark.parametrize("name", ["in_channels", "out_channels", "depth", "base_channels"])
def test_arguments_are_whole_numbers_from_1(name, value):
    message = f"{name} must be a whole number of at least 1, got {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        UNet(**{name: value})


def test_gradient_reaches_every_parameter():
    # In eval mode: batch norm on batch statistics cancels the bias of the convolution before it.
    model = make(depth=3).eval()
    model(image(2, 1, 32, 32)).square().sum().backward()
    unreached = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached


def test_every_pixel_sees_its_surroundings():
    model = make(depth=3).eval()
    x = image(1, 1, 64, 64).requires_grad_()
    model(x)[0, 0, 32, 32].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero()
    # Far beyond the 9 × 9 that the full-size convolutions alone would see.
    assert rows.min() <= 8
    assert rows.max() >= 56


@pytest.mark.parametrize("training", [True, False])
def test_channels_last_changes_only_the_layout(training):
    model, x = make(depth=3).train(training), image(2, 1, 32, 32)
    expected = model(x)
    last = make(depth=3).train(training).to(memory_format=torch.channels_last)
    layouts = []
    for module in last.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.BatchNorm2d | torch.nn.ConvTranspose2d):
            module.register_forward_hook(
                lambda _, __, out: layouts.append(
                    out.is_contiguous(memory_format=torch.channels_last)
                )
            )
    actual = last(x.contiguous(memory_format=torch.channels_last))
    assert len(layouts) == 18 + 14  # Convolutions and batch norms.
    assert all(layouts)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


def test_bfloat16_autocast_stays_close():
    model, x = make().eval(), image(2, 1, 32, 32)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(x)
    assert logits.dtype == torch.bfloat16
    with torch.no_grad():
        torch.testing.assert_close(logits.float(), model(x), rtol=0.05, atol=0.05)


def test_samples_do_not_mix_in_eval_mode():
    model, x = make().eval(), image(3, 1, 16, 16)
    alone = torch.cat([model(sample[None]) for sample in x])
    torch.testing.assert_close(model(x), alone, rtol=1e-4, atol=1e-5)


def test_same_seed_same_logits():
    x = image(1, 1, 16, 16)
    assert torch.equal(make()(x), make()(x))
    assert not torch.equal(make(seed=0)(x), make(seed=2)(x))


def test_learns_one_image():
    model, x = make(depth=2, base_channels=8), image(2, 1, 32, 32) * 0.3
    target = torch.zeros_like(x)
    target[0, :, 8:20, 4:12] = target[1, :, 10:28, 18:26] = 1
    x += target
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    losses = []
    for _ in range(30):
        loss = functional.binary_cross_entropy_with_logits(model(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    assert ((model(x) > 0) == target.bool()).float().mean() > 0.98
