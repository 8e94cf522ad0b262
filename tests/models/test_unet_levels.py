"""Deep supervision: logits of each level in training, those of the finest in evaluation."""

import numpy as np
import pytest
import torch
from torch import nn

from lungseg.models.padding import Padding
from lungseg.models.unet import UNet


def make(**arguments):
    torch.manual_seed(0)
    return UNet(**{"depth": 3, "base_channels": 4, "max_channels": 8, **arguments})


def image(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def enlarged(rows, length):
    """Each row interpolated linearly between the centres of its pixels."""
    centres = (np.arange(length) + 0.5) * rows.shape[1] / length - 0.5
    return np.stack([np.interp(centres, np.arange(rows.shape[1]), row) for row in rows])


def test_levels_in_training_and_one_in_evaluation():
    model, plain = make(deep_supervision=True, norm="group"), make(norm="group")
    x = image(2, 1, 16, 24)
    made = model(x)
    assert [tuple(level.shape) for level in made] == [(2, 1, 16, 24)] * 3
    assert torch.equal(made[0], plain(x))
    assert torch.equal(model.eval()(x), plain.eval()(x))


def test_each_level_is_computed_of_its_own_features():
    model = make(deep_supervision=True)
    features = []
    for block in model.decoder:
        block.register_forward_hook(lambda _, __, out: features.append(out.detach().clone()))
    _, half, quarter = model(image(1, 1, 16, 16))
    assert [tuple(x.shape) for x in features] == [(1, 8, 4, 4), (1, 8, 8, 8), (1, 4, 16, 16)]
    for level, head, x in zip((quarter, half), model.coarse_heads, features[:2], strict=True):
        logits = torch.einsum("oc,bcyx->boyx", head.weight[:, :, 0, 0], x) + head.bias
        expected = enlarged(enlarged(logits[0, 0].detach().numpy(), 16).T, 16).T
        np.testing.assert_allclose(level[0, 0].detach().numpy(), expected, atol=1e-5)


def test_all_heads_are_trained():
    model = make(deep_supervision=True)
    sum(level.square().sum() for level in model(image(2, 1, 16, 16))).backward()
    assert all(p.grad is not None and p.grad.any() for p in model.coarse_heads.parameters())
    sum(level.sum() for level in model(torch.zeros(0, 1, 16, 16))).backward()  # no slice


def test_weights_without_it_are_as_before():
    assert [*make().state_dict()] == [
        name for name in make(deep_supervision=True).state_dict() if "coarse_heads" not in name
    ]
    assert make(deep_supervision=True).n_levels == 3
    assert make().n_levels == make(deep_supervision=True, depth=1).n_levels == 1


@pytest.mark.parametrize("size", [(16, 16), (13, 18)])
def test_padding_crops_all_levels(size):
    model = make(deep_supervision=True)
    made = Padding()(model, image(1, 1, *size))
    assert [tuple(level.shape) for level in made] == [(1, 1, *size)] * 3
    whole = model(
        nn.functional.pad(image(1, 1, *size), (0, -size[1] % 8, 0, -size[0] % 8), mode="replicate")
    )
    for level, padded in zip(made, whole, strict=True):
        assert torch.equal(level, padded[..., : size[0], : size[1]])
