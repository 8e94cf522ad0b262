"""MONAI's focal loss is what its YAML says, of our logits and masks."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from lungseg.config import build, conf_dir
from lungseg.losses import BCELoss

NODE = OmegaConf.to_container(OmegaConf.load(conf_dir() / "loss" / "focal.yaml"))


def batch():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(2, 1, 6, 5, generator=generator)
    target = (torch.rand(logits.shape, generator=generator) > 0.7).byte()
    target[1] = 0
    return logits, target


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, None), (0.5, None), (2.0, 0.25), (0.0, 0.9)])
def test_equals_the_formula(gamma, alpha):
    logits, target = batch()
    p, t = 1 / (1 + np.exp(-logits.double().numpy())), target.numpy()
    right = np.where(t == 1, p, 1 - p)
    weight = 1 if alpha is None else np.where(t == 1, alpha, 1 - alpha)
    expected = (-weight * (1 - right) ** gamma * np.log(right)).mean()
    loss = build(NODE | {"gamma": gamma, "alpha": alpha}, "loss")
    assert loss(logits, target).item() == pytest.approx(expected, rel=1e-5)


def test_without_its_power_it_is_the_cross_entropy():
    logits, target = batch()
    torch.testing.assert_close(
        build(NODE | {"gamma": 0}, "loss")(logits, target), BCELoss()(logits, target)
    )


def test_extreme_logits_in_16_bits():
    logits = torch.tensor([[[[1e4, -1e4, 1e4, -1e4]]]], dtype=torch.bfloat16, requires_grad=True)
    value = build(NODE, "loss")(logits, torch.tensor([[[[1, 0, 0, 1]]]], dtype=torch.uint8))
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(5e3, rel=5e-3)
    value.backward()
    assert logits.grad.isfinite().all()
