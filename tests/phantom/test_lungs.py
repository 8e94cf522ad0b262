"""The lungs of synthetic patients: shaped as in people, and as dark as in CT."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from lungseg.phantom.variants import LARGE_LEFT_LUNG

DARK = -500


def both_lungs(case):
    """The two lungs, the patient's right one first: the two largest parts of the mask."""
    parts, count = ndimage.label(case.mask)
    sizes = ndimage.sum_labels(case.mask, parts, range(1, count + 1))
    largest = np.argsort(sizes)[-2:] + 1
    return sorted((parts == k for k in largest), key=lambda lung: lung.nonzero()[2].mean())


def middle(lungs):
    """Column half way between the lungs."""
    return sum(lung.nonzero()[2].mean() for lung in lungs) / 2


def test_lungs_are_dark_and_in_the_usual_range(detailed_cases):
    for case in detailed_cases:
        core = ndimage.binary_erosion(case.mask, np.ones((1, 3, 3)))
        assert (case.image[core] < DARK).mean() > 0.9
        assert -900 < np.median(case.image[core]) < -740


def test_lungs_are_denser_at_the_back(detailed_cases):
    for case in detailed_cases:
        core = ndimage.binary_erosion(case.mask, np.ones((1, 3, 3)))
        rows = core.nonzero()[1]
        front, back = np.percentile(rows, (25, 75))
        hu = case.image[core]
        assert np.median(hu[rows > back]) - np.median(hu[rows < front]) > 25


def test_mask_is_two_lungs(detailed_cases):
    for case in detailed_cases:
        right, left = both_lungs(case)
        assert right.sum() + left.sum() > 0.97 * case.mask.sum()
        assert right.nonzero()[2].mean() < case.mask.shape[2] / 2 < left.nonzero()[2].mean()


def test_the_right_lung_is_larger_but_for_the_one_large_left(detailed_cases):
    ratios = []
    for case in detailed_cases:
        right, left = both_lungs(case)
        ratios.append(left.sum() / right.sum())
    large = ratios.pop(LARGE_LEFT_LUNG)
    assert np.mean(ratios) < 0.92
    assert large > 1.2
    assert large > 1.15 * max(ratios)


def test_the_heart_dents_the_left_lung(detailed_cases):
    """Half way up the heart, soft tissue reaches further to the left of the middle than right."""
    for k, case in enumerate(detailed_cases):
        if k == LARGE_LEFT_LUNG:
            continue
        levels = case.mask.any(axis=(1, 2)).nonzero()[0]
        z = levels[int(0.38 * len(levels))]
        right, left = (lung[z] for lung in both_lungs(case))
        rows = slice(*np.percentile(left.nonzero()[0], (10, 50)).astype(int))
        column = middle(both_lungs(case))
        dent_left = np.argmax(left[rows], axis=1) - column
        dent_right = column - (right.shape[1] - 1 - np.argmax(right[rows, ::-1], axis=1))
        assert dent_left.max() > dent_right.max()


def test_apices_are_narrow_and_bases_are_hollow(detailed_cases):
    for case in detailed_cases:
        area = case.mask.sum(axis=(1, 2), dtype=float)
        levels = area.nonzero()[0]
        assert area[levels[-1]] < 0.4 * area.max()
        # Near the base the lungs are a rim around the diaphragm: filling the rim adds much.
        z = levels[int(0.15 * len(levels))]
        rows, columns = case.mask[z].nonzero()
        box = np.ptp(rows) * np.ptp(columns)
        assert area[z] < 0.5 * box


def test_vessels_inside_count_as_lung(detailed_cases):
    inner = ndimage.binary_erosion(detailed_cases[1].mask, np.ones((1, 5, 5)))
    assert (detailed_cases[1].image[inner] > -400).any()
