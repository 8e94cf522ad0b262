"""The Tversky loss against MONAI's, numpy and the soft DSC."""

import re

import numpy as np
import pytest
import torch
from monai.losses import TverskyLoss as MonaiTversky

from lungseg.losses import DiceLoss, TverskyLoss


def batch(dtype=torch.float64):
    """Three slices, the last of them without foreground."""
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(3, 1, 5, 6, dtype=torch.float64, generator=generator)
    target = (torch.rand(logits.shape, generator=generator) > 0.6).byte()
    target[2] = 0
    return logits.to(dtype), target


@pytest.mark.parametrize("reduction", ["batch", "sample"])
def test_equals_monais(reduction):
    logits, target = batch()
    monai = MonaiTversky(sigmoid=True, alpha=0.2, beta=0.9, smooth_nr=0.7, smooth_dr=0.7,
                         batch=reduction == "batch")  # fmt: skip
    ours = TverskyLoss(0.2, 0.9, smooth=0.7, reduction=reduction)(logits, target)
    torch.testing.assert_close(ours, monai(logits, target))


@pytest.mark.parametrize("gamma", [0.5, 0.75, 2.0])
def test_the_power_is_that_of_each_slice(gamma):
    logits, target = batch()
    p, t = 1 / (1 + np.exp(-logits.numpy())), target.numpy()
    both, false, missed = (x.sum((1, 2, 3)) for x in (t * p, (1 - t) * p, t * (1 - p)))
    index = (both + 1) / (both + 0.3 * false + 0.7 * missed + 1)
    by_slice = TverskyLoss(gamma=gamma, reduction="sample")(logits, target)
    assert by_slice.item() == pytest.approx(((1 - index) ** gamma).mean(), rel=1e-6)
    index = (both.sum() + 1) / (both.sum() + 0.3 * false.sum() + 0.7 * missed.sum() + 1)
    whole = TverskyLoss(gamma=gamma)(logits, target)
    assert whole.item() == pytest.approx((1 - index) ** gamma, rel=1e-6)


@pytest.mark.parametrize("reduction", ["batch", "sample"])
def test_equal_weights_are_the_soft_dsc(reduction):
    logits, target = batch()
    tversky = TverskyLoss(0.5, 0.5, smooth=0.5, reduction=reduction)(logits, target)
    torch.testing.assert_close(tversky, DiceLoss(reduction=reduction)(logits, target))


@pytest.mark.parametrize("reduction", ["batch", "sample"])
@pytest.mark.parametrize("gamma", [0.75, 1.0])
def test_gradcheck(gamma, reduction):
    logits, target = batch()
    loss = TverskyLoss(gamma=gamma, reduction=reduction)
    assert torch.autograd.gradcheck(lambda x: loss(x, target), logits.requires_grad_())


@pytest.mark.parametrize("gamma", [0.5, 1.0])
def test_full_agreement_has_a_finite_gradient(gamma):
    target = torch.zeros(1, 1, 2, 2)
    logits = (target - 0.5).mul(1e4).requires_grad_()
    TverskyLoss(gamma=gamma)(logits, target).backward()
    assert logits.grad.isfinite().all()


def test_16_bits_are_not_computed_with():
    logits, target = batch(torch.bfloat16)
    loss = TverskyLoss()(logits, target)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(TverskyLoss()(logits.double(), target).item(), abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"alpha": -0.1}, "alpha must be a number of at least 0, got -0.1"),
        ({"beta": "much"}, "beta must be a number of at least 0, got 'much'"),
        ({"gamma": 0}, "gamma must be a number above 0, got 0"),
        ({"smooth": 0}, "smooth must be a number above 0, got 0"),
        ({"reduction": "mean"}, "reduction must be 'batch' or 'sample', got 'mean'"),
    ],
)
def test_what_is_out_of_range(arguments, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        TverskyLoss(**arguments)


def test_shapes_differ():
    with pytest.raises(ValueError, match="must have the same shape"):
        TverskyLoss()(torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4))
