"""Training with deep supervision, and what does not go together."""

import re

import pytest
import torch

from lungseg.errors import ConfigError
from lungseg.losses import BCELoss, DeepSupervision
from lungseg.models.unet import UNet
from lungseg.training.module import SegmentationModule
from lungseg.training.probe import check_levels

DEEP = {"depth": 2, "base_channels": 2, "deep_supervision": True}


def test_all_levels_are_trained_and_the_finest_counted():
    torch.manual_seed(0)
    net = UNet(**DEEP)
    module = SegmentationModule(net, DeepSupervision(BCELoss()), sets=["train", "test"])
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(3, 1, 9, 10, generator=generator)
    mask = (torch.rand(image.shape, generator=generator) > 0.5).byte()
    batch = {"image": image, "mask": mask, "case": torch.arange(3), "z": torch.arange(3)}
    fine, coarse = module(image)
    loss = module.training_step(batch, 0)
    expected = (2 * BCELoss()(fine, mask) + BCELoss()(coarse, mask)) / 3
    torch.testing.assert_close(loss, expected)
    _, _, tp, fp, fn, _ = module.table("train").T
    assert tp.sum() == ((fine >= 0) & (mask == 1)).sum()
    assert fp.sum() == ((fine >= 0) & (mask == 0)).sum()
    assert fn.sum() == ((fine < 0) & (mask == 1)).sum()
    module.eval()
    module.validation_step(batch, 0)
    assert module.results("test")["test/loss"] == pytest.approx(
        BCELoss()(module(image), mask).item()
    )


@pytest.mark.parametrize(
    ("net", "loss", "line"),
    [
        (DEEP, BCELoss(), "model.deep_supervision=true: logits of several levels need loss=deep_supervision"),
        ({}, DeepSupervision(BCELoss()), "loss: deep supervision needs logits of several levels: model=unet_deep model.deep_supervision=true"),
        (DEEP, DeepSupervision(BCELoss(), [1, 1, 1]), "loss.weights: must be 2 numbers, one for each level, got 3"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(net, loss, line):
    with pytest.raises(ConfigError, match=f"^{re.escape(line)}$"):
        check_levels(UNet(**net), loss)


def test_what_goes_together():
    check_levels(UNet(), BCELoss())
    check_levels(UNet(**DEEP), DeepSupervision(BCELoss(), [1, 0.5]))
    check_levels(torch.nn.Conv2d(1, 1, 1), BCELoss())
