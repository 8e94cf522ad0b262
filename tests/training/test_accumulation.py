"""Accumulated and clipped gradients, by Lightning's own settings, with what is ours around them."""

import pytest

from tests.training import test_module as trainings
from tests.training.resuming import resumed_equals_unbroken

cohort, split = trainings.cohort, trainings.split  # fixtures


def test_accumulated_batches_resume_and_end_the_schedule(cohort, split, tmp_path):
    one_cycle = trainings.SCHEDULERS["onecycle"]["scheduler"]
    steps, trainer = resumed_equals_unbroken(
        cohort, split, tmp_path, scheduler=one_cycle, accumulate_grad_batches=3
    )
    # Four batches per epoch make two steps, of three and of one.
    assert len(steps.rates) == trainer.global_step == trainer.estimated_stepping_batches == 6
    assert min(steps.rates) == steps.rates[-1] < 1e-5
    # Each batch has random numbers of its own, also those of one step. The first follows no seed.
    assert len(set(steps.draws[1:])) == len(steps.draws[1:]) == 11


def test_gradients_are_clipped_at_their_norm_and_resume(cohort, split, tmp_path):
    steps, _ = resumed_equals_unbroken(cohort, split, tmp_path, gradient_clip_val=0.01)
    assert max(steps.norms) == pytest.approx(0.01, rel=1e-3)
