"""Cases: their sizes, how much of them is lung, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lungseg.phantom import make_case


def test_cases_differ_in_place_and_in_number_of_slices():
    cases = [make_case(index, size=32, n_slices=36) for index in range(12)]
    assert len({case.origin[2] for case in cases}) == 12
    counts = {len(case.image) for case in cases}
    assert len(counts) > 2
    assert min(counts) >= 32
    assert max(counts) <= 40


@pytest.mark.parametrize(("size", "n_slices"), [(32, 12), (45, 60), (160, 13)])
def test_any_size(size, n_slices):
    case = make_case(2, size=size, n_slices=n_slices)
    assert case.image.shape == case.mask.shape
    assert case.image.shape[1:] == (size, size)
    assert abs(len(case.image) - n_slices) <= max(1, 0.08 * n_slices)
    assert case.image.dtype == np.int16
    assert case.mask.dtype == np.uint8
    assert case.image.min() >= -1024
    assert 450 < case.spacing[1] * size < 510
    assert 380 < case.spacing[0] * len(case.image) < 490


def check_figures(cases):
    masks = [case.mask for case in cases]
    empty = np.concatenate([~mask.any(axis=(1, 2)) for mask in masks])
    positive = sum(int(mask.sum()) for mask in masks) / sum(mask.size for mask in masks)
    assert 0.40 <= empty.mean() <= 0.48
    assert 0.03 <= positive <= 0.05


def test_cohort_figures(usual_cases):
    check_figures(usual_cases)


@pytest.mark.parametrize(("size", "seed"), [(128, 1), (64, 0), (64, 1)])
def test_cohort_figures_of_another_size_or_seed(size, seed):
    check_figures([make_case(index, size=size, seed=seed) for index in range(12)])


def test_index_out_of_range():
    with pytest.raises(ValueError, match="index must be at least 0, got -1"):
        make_case(-1)


def test_torch_is_not_needed():
    code = "import sys, lungseg.phantom; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
