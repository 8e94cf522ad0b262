"""What padding adds to slices is trained on, and counts nowhere."""

import numpy as np
import pytest
import torch
from torch import nn

from lungseg.losses import ComboLoss
from lungseg.training.module import SegmentationModule


class Map(nn.Module):
    """Logits by position alone: each has a weight of its own."""

    size_multiple = 8

    def __init__(self, levels=1):
        super().__init__()
        self.map = nn.Parameter(torch.randn(1, 1, 8, 8))
        self.levels = levels

    def forward(self, image):
        logits = self.map + 0 * image
        return [logits] * self.levels if self.training and self.levels > 1 else logits


class Sum(nn.Module):
    """The loss of several levels."""

    def __init__(self):
        super().__init__()
        self.one = ComboLoss(2 / 3, 0.5)

    def forward(self, logits, target):
        levels = logits if isinstance(logits, list) else [logits]
        return sum(self.one(level, target) for level in levels)


@pytest.fixture
def batch():
    drawn = np.random.default_rng(0)
    mask = drawn.integers(0, 2, (2, 1, 5, 6)).astype(np.uint8)
    image = drawn.normal(size=(2, 1, 5, 6)).astype(np.float32)
    return {
        **{"image": torch.from_numpy(image), "mask": torch.from_numpy(mask)},
        **{"case": torch.tensor([0, 0]), "z": torch.tensor([0, 1])},
    }


@pytest.mark.parametrize("levels", [1, 2])
def test_the_loss_of_a_step_is_that_of_the_padded_slice(batch, levels):
    torch.manual_seed(0)
    net = Map(levels)
    module = SegmentationModule(net, Sum(), sets=["train", "test"])
    loss = module.training_step(batch, 0)
    mask = np.pad(batch["mask"].numpy(), [(0, 0), (0, 0), (0, 3), (0, 2)], mode="edge")
    expected = Sum().one(net.map.expand(2, 1, 8, 8), torch.from_numpy(mask))
    assert loss.item() == pytest.approx(levels * expected.item(), rel=1e-6)
    loss.backward()
    assert (net.map.grad != 0).all()  # the last rows and columns included


@pytest.mark.parametrize("name", ["train", "test"])
def test_counts_are_of_the_slice_alone(batch, name):
    torch.manual_seed(0)
    net = Map()
    module = SegmentationModule(net, Sum(), sets=["train", "test"])
    module.training_step(batch, 0) if name == "train" else module.validation_step(batch, 0)
    _, _, tp, fp, fn, tn = module.table(name).T
    seen = (net.map[0, :, :5, :6] >= 0).numpy(force=True)
    mask = batch["mask"].numpy().astype(bool)
    assert [*tp] == [(seen & one).sum() for one in mask]
    assert [*fp] == [(seen & ~one).sum() for one in mask]
    assert (tp + fp + fn + tn == 30).all()


def test_the_loss_of_an_evaluation_is_that_of_the_slice_alone(batch):
    torch.manual_seed(0)
    net = Map()
    module = SegmentationModule(net, Sum(), sets=["train", "test"]).eval()
    module.validation_step(batch, 0)
    expected = Sum().one(net.map[:, :, :5, :6].expand(2, 1, 5, 6), batch["mask"])
    assert module.results("test")["test/loss"] == pytest.approx(expected.item(), rel=1e-6)
