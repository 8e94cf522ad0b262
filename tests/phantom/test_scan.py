"""Table and noise."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def test_the_table_is_under_the_back(detailed_cases):
    for case in detailed_cases:
        rows = (case.image[len(case.image) // 2] > -800).any(axis=1).nonzero()[0]
        last_of_lungs = case.mask.any(axis=(0, 2)).nonzero()[0].max()
        assert (rows.max() - last_of_lungs) * case.spacing[1] > 50


def test_noise_of_soft_tissue(usual_cases):
    """In the liver, on the patient's right below the lungs."""
    for index in (0, 1, 4, 5):
        case = usual_cases[index]
        base = case.mask.any(axis=(1, 2)).nonzero()[0][0]
        pixels = case.image[base - 1, 58:66, 42:50]
        residual = pixels - ndimage.gaussian_filter(pixels.astype(float), 4)
        assert -20 < np.median(pixels) < 160
        assert 8 < residual.std() < 45


def test_the_other_scanner_is_noisier(detailed_cases):
    air = [case.image[:, 6:12, 40:56].std() for case in detailed_cases]
    assert np.argmax(air) == 5
