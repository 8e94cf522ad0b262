"""The mean of batches of unequal size, by hand."""

import math

import torch

from lungseg.metrics.mean import WeightedMean


def test_a_small_batch_counts_for_less():
    mean = WeightedMean()
    assert math.isnan(mean.compute())
    mean.reset()
    mean.update(torch.tensor(0.5), 4)
    mean.update(torch.tensor(-1.5), 1)
    assert mean.compute().item() == torch.tensor(0.1).item()  # (4 * 0.5 - 1.5) / 5


def test_a_diverged_loss_is_not_passed_over():
    mean = WeightedMean()
    mean.update(torch.tensor(math.nan), 1)
    mean.update(torch.tensor(1.0), 1)
    assert math.isnan(mean.compute())


def test_a_mean_is_resumed():
    whole, resumed = WeightedMean(), WeightedMean()
    whole.update(torch.tensor(0.1), 3)
    resumed.resume(whole.total, whole.n)
    for mean in (whole, resumed):
        mean.update(torch.tensor(0.7), 2)
    assert torch.equal(resumed.compute(), whole.compute())
