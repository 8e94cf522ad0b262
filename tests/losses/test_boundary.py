"""The boundary loss against distances from pixel to pixel."""

import itertools

import numpy as np
import pytest
import torch

from lungseg.losses import BCELoss, BoundaryLoss, ComboLoss
from lungseg.losses.signed_distance import signed_distance


def masks():
    """Random ones, one of them sparse; an empty and a full one."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(3, 1, 7, 9, generator=generator) > torch.tensor([0.5, 0.9, 0.1]).view(
        3, 1, 1, 1
    )
    return torch.cat([drawn, torch.zeros(1, 1, 7, 9), torch.ones(1, 1, 7, 9)]).byte()


def by_brute_force(mask):
    """The distance to each pixel of the other kind, the smallest of which counts."""
    result = np.zeros(mask.shape)
    for place in itertools.product(*map(range, mask.shape)):
        others = np.argwhere(mask != mask[place])
        if len(others):
            nearest = np.sqrt(((others - place) ** 2).sum(1)).min()
            result[place] = 1 - nearest if mask[place] else nearest
    return result


def test_distances():
    expected = [by_brute_force(mask[0]) for mask in masks().numpy()]
    got = signed_distance(masks())
    assert got.dtype == torch.float32
    np.testing.assert_allclose(got[:, 0], expected, atol=1e-5)
    assert not got[3:].any()
    assert signed_distance(masks()[:0]).shape == (0, 1, 7, 9)


@pytest.mark.parametrize("weight", [0.01, 2.0])
def test_the_loss_is_that_of_the_region_and_the_mean_distance(weight):
    target = masks()
    logits = torch.randn(target.shape, generator=torch.Generator().manual_seed(1))
    p = 1 / (1 + np.exp(-logits.numpy()))
    distance = np.stack([by_brute_force(mask[0])[None] for mask in target.numpy()])
    expected = BCELoss()(logits, target).item() + weight * (p * distance).mean()
    loss = BoundaryLoss(BCELoss(), weight)(logits, target)
    assert loss.item() == pytest.approx(expected, abs=1e-5)


def test_the_further_off_the_worse():
    target = torch.zeros(1, 1, 3, 20)
    target[..., :5] = 1
    losses = []
    for column in (5, 9, 19):
        logits = (target - 0.5) * 100
        logits[..., column] = 50
        losses.append(BoundaryLoss(ComboLoss())(logits, target).item())
    assert losses == sorted(losses)
    assert losses[2] - losses[0] == pytest.approx(0.01 * 14 * 3 / 60, abs=1e-6)


def test_gradcheck():
    target = masks()
    logits = torch.randn(
        target.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2)
    )
    loss = BoundaryLoss(ComboLoss(), weight=0.5)
    assert torch.autograd.gradcheck(lambda x: loss(x, target), logits.requires_grad_())


@pytest.mark.parametrize("weight", [0, -1, "half", None])
def test_what_is_no_weight(weight):
    with pytest.raises(ValueError, match=f"^weight must be a number above 0, got {weight!r}$"):
        BoundaryLoss(BCELoss(), weight)
