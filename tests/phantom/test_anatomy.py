"""The whole image: lungs are unmistakable, and there are other dark objects."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import ndimage

from lungseg.phantom import make_case

DARK = -500


def check_that_no_flip_fits_as_well(cases):
    """Score: share of dark voxels under the mask, less their share around it."""
    disc = np.ones((1, 3, 3))
    for case in cases:
        width = max(1, case.mask.shape[1] // 48)
        dark = case.image < DARK
        scores = {}
        for flip in product((False, True), repeat=3):
            mask = np.flip(case.mask, [axis for axis, on in enumerate(flip) if on]) > 0
            ring = ndimage.binary_dilation(mask, disc, iterations=width) & ~mask
            scores[flip] = dark[mask].mean() - dark[ring].mean()
        truth = scores.pop((False, False, False))
        assert truth > 0.65
        assert truth - max(scores.values()) > 0.15


def test_no_flip_of_a_mask_fits_as_well_as_the_truth(detailed_cases):
    check_that_no_flip_fits_as_well(detailed_cases)


def test_no_flip_fits_as_well_where_pixels_are_large():
    check_that_no_flip_fits_as_well([make_case(index, size=32, n_slices=24) for index in range(12)])


def test_dark_objects_that_are_not_lung(detailed_cases):
    """Air in windpipe and gut, inside the body: what a threshold would take for lung."""
    for case in detailed_cases:
        body = np.stack([ndimage.binary_fill_holes(s) for s in case.image > -300])
        body = ndimage.binary_erosion(body, np.ones((1, 3, 3)), iterations=2)
        others = (case.image < DARK) & body & ~ndimage.binary_dilation(case.mask, iterations=2)
        levels = case.mask.any(axis=(1, 2)).nonzero()[0]
        assert others[: levels[len(levels) // 3]].any()
        assert others[levels[-1] + 1 :].any()
