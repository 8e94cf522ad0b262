"""Logits of several levels: the weighted mean of a loss, also MONAI's."""

import re

import pytest
import torch
from monai.losses import DeepSupervisionLoss

from lungseg.losses import BCELoss, ComboLoss, DeepSupervision


def levels(n):
    generator = torch.Generator().manual_seed(0)
    logits = [torch.randn(2, 1, 4, 5, generator=generator) for _ in range(n)]
    return logits, (torch.rand(logits[0].shape, generator=generator) > 0.5).byte()


@pytest.mark.parametrize("weights", [None, [1.0, 0.0, 3.0]])
def test_equals_monais_but_for_the_sum_of_the_weights(weights):
    logits, target = levels(3)
    monai = DeepSupervisionLoss(ComboLoss(), weights=weights)(logits, target)
    total = sum(weights or [1, 0.5, 0.25])
    ours = DeepSupervision(ComboLoss(), weights)(logits, target)
    torch.testing.assert_close(ours, monai / total)


def test_equal_levels_have_the_loss_of_one():
    (logits,), target = levels(1)
    loss = DeepSupervision(BCELoss())([logits] * 5, target)
    torch.testing.assert_close(loss, BCELoss()(logits, target))


def test_in_evaluation_it_is_the_loss():
    (logits,), target = levels(1)
    for loss in (DeepSupervision(ComboLoss()), DeepSupervision(ComboLoss(), [1, 2, 3])):
        assert torch.equal(loss(logits, target), ComboLoss()(logits, target))


def test_float64_stays():
    logits, target = levels(2)
    assert DeepSupervision(BCELoss())([x.double() for x in logits], target).dtype == torch.float64


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], ["a"], "half", 1.0])
def test_what_are_no_weights(weights):
    line = f"weights must be a list of numbers of at least 0, got {weights!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        DeepSupervision(BCELoss(), weights)


def test_weights_of_other_levels():
    logits, target = levels(3)
    with pytest.raises(ValueError, match="^weights must be one for each of 3 levels, got "):
        DeepSupervision(BCELoss(), [1, 2])(logits, target)
