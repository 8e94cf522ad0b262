"""Slices without foreground in a Dice loss by sample: they count, or they do not."""

import math

import pytest
import torch

from lungseg.losses import DiceLoss

# p = 0.75 and 0.25 in the first slice, which has foreground; 0.5 throughout the second.
LOGITS = torch.tensor([[math.log(3), -math.log(3)], [0.0, 0.0]], dtype=torch.float64)
TARGET = torch.tensor([[1, 0], [0, 0]], dtype=torch.uint8)
FIRST = 1 - (2 * 0.75 + 1) / (1 + 1 + 1)
SECOND = 1 - (0 + 1) / (0 + 1 + 1)


def test_they_count_by_what_is_invented_there():
    loss = DiceLoss(reduction="sample", empty="count")
    assert loss(LOGITS, TARGET).item() == pytest.approx((FIRST + SECOND) / 2)
    assert loss(LOGITS[1:] - 1e3, TARGET[1:]).item() == 0  # nothing invented


def test_they_are_skipped():
    loss, logits = DiceLoss(reduction="sample", empty="skip"), LOGITS.clone().requires_grad_()
    value = loss(logits, TARGET)
    assert value.item() == pytest.approx(FIRST)
    value.backward()
    assert logits.grad[0].abs().min() > 0
    assert logits.grad[1].abs().max() == 0


@pytest.mark.parametrize("n", [0, 1])
def test_a_batch_without_any_other_has_no_loss(n):
    logits = torch.zeros(n, 4, requires_grad=True)
    value = DiceLoss(reduction="sample", empty="skip")(logits, torch.zeros(n, 4))
    assert value.item() == 0
    value.backward()
    assert not logits.grad.any()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            {"empty": "zero", "reduction": "sample"},
            "empty must be 'count', 'one' or 'skip', got 'zero'",
        ),
        ({"empty": "skip"}, "empty must be 'count' with reduction 'batch', got 'skip'"),
        ({"empty": "one"}, "empty must be 'count' with reduction 'batch', got 'one'"),
    ],
)
def test_what_is_refused(arguments, line):
    with pytest.raises(ValueError, match=f"^{line}$"):
        DiceLoss(**arguments)
