"""Warm-up: the learning rate of each step."""

import math
from functools import partial

import pytest
import torch

from lungseg.training.warmup import warmup_cosine
from tests.training import test_module as trainings
from tests.training.resuming import resumed_equals_unbroken

cohort, split = trainings.cohort, trainings.split  # fixtures


def test_warm_up_and_cosine_follow_their_formulas_and_resume(cohort, split, tmp_path):
    schedule = partial(warmup_cosine, warmup=0.3)
    steps, trainer = resumed_equals_unbroken(cohort, split, tmp_path, scheduler=schedule)
    n, up = len(steps.rates), round(0.3 * len(steps.rates))
    assert n == trainer.estimated_stepping_batches == 12
    expected = [0.1 * (k + 1) / (up + 1) for k in range(up)]
    expected += [0.05 * (1 + math.cos(math.pi * k / (n - up))) for k in range(n - up)]
    assert steps.rates == pytest.approx(expected)


@pytest.mark.parametrize(("total", "warmup", "first"), [(5, 0, 1), (5, 0.01, 0.5), (1, 0.9, 1)])
def test_warm_up_of_few_steps(total, warmup, first):
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)],
                                 "lr": 0.5}], lr=1.0)  # fmt: skip
    warmup_cosine(optimizer, total_steps=total, warmup=warmup)
    assert [group["lr"] for group in optimizer.param_groups] == [first, first / 2]


def test_an_impossible_share_is_refused():
    with pytest.raises(ValueError, match="warmup must be a number from 0 to below 1, got 1"):
        warmup_cosine(torch.optim.SGD([torch.zeros(1)]), total_steps=5, warmup=1)
