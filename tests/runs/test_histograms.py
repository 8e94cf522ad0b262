"""Histograms of scores come back as they were counted."""

import numpy as np
import pytest
import torch

from lungseg.errors import DataError
from lungseg.metrics.histogram import BINS, ScoreHistogram
from lungseg.runs.histograms import FILE, read_histogram, write_histograms


def counted(seed, n=2000):
    generator = torch.Generator().manual_seed(seed)
    histogram = ScoreHistogram()
    scores = torch.randn(n, generator=generator) * 5
    histogram.update(scores, torch.randint(0, 2, (n,), generator=generator))
    return histogram.compute().numpy()


def test_nothing_is_lost(tmp_path):
    counts = {"train": counted(0), "test": counted(1)}
    write_histograms(tmp_path, counts)
    for name, expected in counts.items():
        back = read_histogram(tmp_path, name)
        assert back.shape == (2, BINS)
        assert back.dtype == np.int64
        assert np.array_equal(back, expected)
    assert (tmp_path / FILE).stat().st_size < 40_000  # 2 MiB each with empty bins


def test_the_same_counts_give_the_same_file(tmp_path):
    for name in "ab":
        write_histograms(tmp_path / name, {"test": counted(0)})
    assert (tmp_path / "a" / FILE).read_bytes() == (tmp_path / "b" / FILE).read_bytes()


def test_an_earlier_run_has_none(tmp_path):
    assert read_histogram(tmp_path, "test") is None


@pytest.mark.parametrize("size", [0, 4, 200])
def test_a_damaged_file_is_reported(size, tmp_path):
    write_histograms(tmp_path, {"test": counted(0)})
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(DataError, match=r"score_histograms.npz is damaged"):
        read_histogram(tmp_path, "test")


def test_a_set_that_is_missing_is_named(tmp_path):
    write_histograms(tmp_path, {"test": counted(0)})
    with pytest.raises(DataError, match="no histogram of the val set"):
        read_histogram(tmp_path, "val")
