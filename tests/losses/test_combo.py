"""The losses against hand-worked numbers, numpy formulas and torch's own cross-entropy."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.nn import functional

from lungseg.losses import BCELoss, ComboLoss, DiceLoss, modified_bce, soft_dsc

SHARES = st.floats(0, 1)
SMOOTHS = st.floats(1e-3, 100)


@st.composite
def batches(draw, limit=30.0):
    """Logits and a 0/1 target of one shape, empty and full targets among them."""
    shape = draw(st.tuples(st.integers(1, 3), st.just(1), st.integers(1, 5), st.integers(1, 5)))
    logits = draw(hnp.arrays(np.float64, shape, elements=st.floats(-limit, limit)))
    return logits, draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 1)))


def numpy_soft_dsc(logits, target, smooth):
    p, t = 1 / (1 + np.exp(-logits)), target.astype(np.float64)
    return (2 * (t * p).sum() + smooth) / (t.sum() + p.sum() + smooth)


def numpy_combo_gradient(logits, target, alpha, beta, smooth):
    """Return the derivative of the Combo loss by each logit, worked out by hand.

    With p' = p (1 - p), I = Σ t p and D = Σ t + Σ p + s:
    dL/dx = α/N [(1 - β)(1 - t) p - β t (1 - p)] - (1 - α) p' [2 t D - (2 I + s)] / D².
    """
    with np.errstate(over="ignore"):
        p, q = 1 / (1 + np.exp(-logits)), 1 / (1 + np.exp(logits))
    t = target.astype(np.float64)
    cross_entropy = ((1 - beta) * (1 - t) * p - beta * t * q) / logits.size
    both, whole = (t * p).sum(), t.sum() + p.sum() + smooth
    overlap = p * q * (2 * t * whole - (2 * both + smooth)) / whole**2
    return alpha * cross_entropy - (1 - alpha) * overlap


def combo_and_gradient(loss, logits, target, dtype=torch.float64):
    x = torch.as_tensor(logits).to(dtype).requires_grad_()
    value = loss(x, torch.as_tensor(target))
    value.backward()
    return value.item(), x.grad


def test_combo_by_hand():
    # p = 0.75, 0.25, 0.5 at logits log(3), -log(3), 0.
    logits = torch.tensor([[[[math.log(3), -math.log(3), 0.0]]]], dtype=torch.float64)
    target = torch.tensor([[[[1, 0, 0]]]])
    alpha, beta, smooth = 0.25, 0.8, 2.0
    cross_entropy = -(0.8 * math.log(0.75) + 0.2 * math.log(0.75) + 0.2 * math.log(0.5)) / 3
    overlap = (2 * 0.75 + 2) / (1 + 1.5 + 2)
    loss = ComboLoss(alpha, beta, smooth)(logits, target)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(0.25 * cross_entropy - 0.75 * overlap, abs=1e-15)


def test_parts_by_hand():
    logits = torch.tensor([[math.log(3), -math.log(3)], [0.0, 0.0]], dtype=torch.float64)
    target = torch.tensor([[0, 1], [0, 0]])
    all_wrong = -2 * math.log(0.25)
    half_right = -2 * math.log(0.5)
    assert BCELoss()(logits, target).item() == pytest.approx((all_wrong + half_right) / 4)
    assert modified_bce(logits, target, beta=1).item() == pytest.approx(-math.log(0.25) / 4)
    assert modified_bce(logits, target, beta=0).item() == pytest.approx(
        -(math.log(0.25) + 2 * math.log(0.5)) / 4
    )
    assert DiceLoss()(logits, target).item() == pytest.approx(1 - (2 * 0.25 + 1) / (1 + 2 + 1))


def test_reduction_by_sample_takes_the_mean_of_the_samples():
    logits = torch.tensor([[math.log(3), -math.log(3)], [0.0, 0.0]], dtype=torch.float64)
    target = torch.tensor([[1, 0], [0, 0]])
    first, second = (2 * 0.75 + 1) / (1 + 1 + 1), (0 + 1) / (0 + 1 + 1)
    by_sample = soft_dsc(logits, target, reduction="sample").item()
    assert by_sample == pytest.approx((first + second) / 2)
    assert soft_dsc(logits, target).item() == pytest.approx((2 * 0.75 + 1) / (1 + 2 + 1))
    assert DiceLoss(reduction="sample")(logits, target).item() == pytest.approx(1 - by_sample)
    combo = ComboLoss(alpha=0.4, reduction="sample")(logits, target).item()
    cross_entropy = 0.4 * modified_bce(logits, target).item()
    assert combo == pytest.approx(cross_entropy - 0.6 * by_sample)
    skipping = ComboLoss(alpha=0.4, reduction="sample", empty="skip")(logits, target).item()
    assert skipping == pytest.approx(cross_entropy - 0.6 * first)
    at_one = ComboLoss(alpha=0.4, reduction="sample", empty="one")(logits, target).item()
    assert at_one == pytest.approx(cross_entropy - 0.6 * (first + 1) / 2)


@settings(deadline=None)
@given(batches(), SMOOTHS)
def test_reductions_agree_on_a_batch_of_one(batch, smooth):
    logits, target = (torch.as_tensor(array)[:1] for array in batch)
    by_batch, by_sample = (
        soft_dsc(logits, target, smooth, reduction) for reduction in ("batch", "sample")
    )
    torch.testing.assert_close(by_batch, by_sample)


@settings(deadline=None)
@given(batches(), SMOOTHS)
def test_default_combo_is_a_third_of_bce_less_soft_dsc(batch, smooth):
    logits, target = batch
    x, t = torch.as_tensor(logits), torch.as_tensor(target)
    bce = functional.binary_cross_entropy_with_logits(x, t.double()).item()
    expected = (bce - numpy_soft_dsc(logits, target, smooth)) / 3
    assert ComboLoss(smooth=smooth)(x, t).item() == pytest.approx(expected, abs=1e-12)
    assert modified_bce(x, t).item() == pytest.approx(bce / 2, abs=1e-12)
    assert BCELoss()(x, t).item() == bce


@settings(deadline=None)
@given(batches(), SHARES, SHARES, SMOOTHS)
def test_gradient_is_the_formulas(batch, alpha, beta, smooth):
    _, gradient = combo_and_gradient(ComboLoss(alpha, beta, smooth), *batch)
    expected = numpy_combo_gradient(*batch, alpha, beta, smooth)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("size", [100.0, 1e4])
@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str
)
def test_extreme_logits(size, dtype):
    logits, target = np.array([[size, -size, size, -size]]), np.array([[1, 0, 0, 1]])
    loss, gradient = combo_and_gradient(ComboLoss(), logits, target, dtype)
    # As stored: bfloat16 holds 1e4 only to within 0.2 %.
    stored = torch.tensor(size, dtype=dtype).item()
    overlap = (2 * 1 + 1) / (2 + 2 + 1)  # One lung pixel found, one missed, one invented.
    assert loss == pytest.approx((2 * stored / 4 - overlap) / 3, rel=1e-6)
    assert gradient.isfinite().all()
    # Only the two wrong pixels have a slope left: α β / N = 1 / 12.
    expected = numpy_combo_gradient(logits, target, 2 / 3, 0.5, 1.0)
    np.testing.assert_allclose(expected, [[0, 0, 1 / 12, -1 / 12]], atol=1e-40)
    np.testing.assert_allclose(gradient.double(), expected, rtol=4e-3, atol=1e-30)


@pytest.mark.parametrize("reduction", ["batch", "sample"])
@pytest.mark.parametrize("kind", [ComboLoss, DiceLoss])
def test_gradcheck(kind, reduction):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, 3, 4, dtype=torch.float64, generator=generator)
    target = torch.randint(0, 2, logits.shape, generator=generator)
    loss = kind(reduction=reduction)
    assert torch.autograd.gradcheck(lambda x: loss(x, target), logits.requires_grad_())


@pytest.mark.parametrize("loss", [ComboLoss(), BCELoss(), DiceLoss()], ids=repr)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32], ids=str)
def test_computes_in_float32(loss, dtype):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, 64, 64, generator=generator).to(dtype)
    target = torch.rand(logits.shape, generator=generator) < 0.3
    value = loss(logits, target)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(loss(logits.double(), target).item(), abs=1e-6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(loss(logits, target), value)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float32], ids=str)
def test_takes_targets_of_any_dtype(dtype):
    logits, target = torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[1.0, 0.0, 0.0]])
    for loss in (ComboLoss(), BCELoss(), DiceLoss()):
        assert torch.equal(loss(logits, target.to(dtype)), loss(logits, target))


def test_pixels_are_counted_exactly_where_16_bits_lose_them():
    # 3 × 512 × 512 pixels: bfloat16 cannot count past 256, float16 overflows at 65504.
    logits = torch.full((3, 1, 512, 512), 50.0, dtype=torch.bfloat16)
    target = torch.ones(logits.shape, dtype=torch.bool)
    target[..., :256] = False
    n = logits.numel()
    assert soft_dsc(logits, target).item() == pytest.approx((n + 1) / (1.5 * n + 1), rel=1e-6)


@pytest.mark.parametrize("value", [1.5, -0.1, math.nan, math.inf, "0.5", True, None])
@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_share_out_of_range(name, value):
    message = f"{name} must be a number from 0 to 1, got {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ComboLoss(**{name: value})


@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, "1", True])
@pytest.mark.parametrize("kind", [ComboLoss, DiceLoss])
def test_smooth_out_of_range(kind, value):
    message = f"smooth must be a number above 0, got {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kind(smooth=value)


@pytest.mark.parametrize("kind", [ComboLoss, DiceLoss])
def test_unknown_reduction(kind):
    with pytest.raises(ValueError, match=r"^reduction must be 'batch' or 'sample', got 'mean'$"):
        kind(reduction="mean")


@pytest.mark.parametrize("loss", [ComboLoss(), BCELoss(), DiceLoss()], ids=repr)
def test_shapes_differ(loss):
    message = r"same shape, got \(2, 1, 4, 4\) and \(2, 4, 4\)$"
    with pytest.raises(ValueError, match=f"^logits and target must have the {message}"):
        loss(torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4))
