"""ScoreHistogram: bins in the order of scores, exact sums, also across two processes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lungseg.metrics.histogram import BINS, ScoreHistogram, bin_edges, score_bins
from tests.backends import BACKENDS, meet

FLOATS = st.floats(width=32, allow_nan=False)


@given(FLOATS, FLOATS)
def test_bins_are_in_the_order_of_scores(a, b):
    low, high = score_bins(torch.tensor(sorted((a, b)))).tolist()
    assert 0 <= low <= high < BINS


@given(FLOATS)
def test_each_score_is_between_the_edges_of_its_bin(score):
    score = torch.tensor(score)
    place = int(score_bins(score))
    lower, upper = bin_edges()[place : place + 2]
    assert lower <= score <= upper
    if 2**-16 < abs(score) < 2**15:
        assert upper - lower <= 0.0005 * abs(score)


def test_zero_is_an_edge_so_that_half_is_an_exact_threshold():
    below, zero, minus = score_bins(torch.tensor([-1e-45, 0.0, -0.0])).tolist()
    assert below == zero - 1
    assert minus == zero
    assert bin_edges()[zero] == 0


def test_every_bfloat16_has_its_own_bin():
    every = torch.arange(-(2**15), 2**15).to(torch.int16).view(torch.bfloat16)
    every = every[(every.abs() > 2**-16) & (every.abs() < 2**16)]
    assert len(every) == 2 * (32 * 128 - 1)
    assert len(score_bins(every).unique()) == len(every)


def test_counts_by_hand():
    histogram = ScoreHistogram()
    histogram.update(torch.tensor([[1.0, 1.0], [-3.0, 2.0]]), torch.tensor([[1, 0], [0, 1]]))
    histogram.update(torch.tensor([1.0]), torch.tensor([True]))
    counts = histogram.compute()
    assert counts.shape == (2, BINS)
    one, two, three = score_bins(torch.tensor([1.0, 2.0, -3.0])).tolist()
    assert counts[:, [three, one, two]].tolist() == [[1, 1, 0], [0, 2, 1]]
    assert counts.sum() == 5


def test_scores_that_are_not_numbers():
    histogram = ScoreHistogram()
    scores = torch.tensor([float("nan"), -float("nan"), float("inf"), -float("inf"), 0.0])
    histogram.update(scores, torch.zeros(5))
    with pytest.raises(ValueError, match=r"^scores must be numbers, got NaN for 2 pixels$"):
        histogram.compute()


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (torch.zeros(3).int(), "^scores must be floats, got torch.int32$"),
        (torch.zeros(2), r"^scores and target must have the same shape, got \(2,\) and \(3,\)$"),
    ],
)
def test_wrong_input(scores, message):
    with pytest.raises(ValueError, match=message):
        ScoreHistogram().update(scores, torch.zeros(3))


def _one_of_two(rank, backend, file, folder):
    device = meet(backend, file, rank)
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(7, 100, generator=generator)
    target = torch.rand(7, 100, generator=generator) < 0.3
    histogram = ScoreHistogram().to(device)
    histogram.update(scores[rank::2].to(device), target[rank::2].to(device))
    np.save(folder / f"{rank}.npy", histogram.compute().cpu().numpy())
    torch.distributed.destroy_process_group()


@pytest.mark.slow
@BACKENDS
def test_two_processes_count_as_one(backend, tmp_path):
    torch.multiprocessing.spawn(_one_of_two, (backend, tmp_path / "meet", tmp_path), nprocs=2)
    generator = torch.Generator().manual_seed(0)
    alone = ScoreHistogram()
    scores = torch.randn(7, 100, generator=generator)
    alone.update(scores, torch.rand(7, 100, generator=generator) < 0.3)
    for rank in (0, 1):
        np.testing.assert_array_equal(np.load(tmp_path / f"{rank}.npy"), alone.compute().numpy())
