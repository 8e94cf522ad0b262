"""Surface measures against MONAI, SimpleITK, every pair of points, and by hand."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import binary_erosion, gaussian_filter
from scipy.spatial.distance import cdist

from lungseg.metrics import nearest as module
from lungseg.metrics.masks import surface_points
from lungseg.metrics.surface import (
    SurfaceDistances,
    hausdorff95,
    hausdorff95_mean,
    mean_surface_distance,
    surface_dice,
    surface_distances,
)

SPACINGS = [(3.0, 0.98, 0.98), (1.0, 1.0, 1.0), (0.7, 2.0, 1.3)]


def blob(seed, shape=(12, 30, 34), share=0.3):
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), (1, 2.5, 2.5))
    return noise > np.quantile(noise, 1 - share)


def only(*slices, shape=(7, 9, 8)):
    mask = np.zeros(shape, bool)
    mask[slices] = True
    return mask


CHECKERS = np.indices((7, 9, 8)).sum(0) % 2 == 0
ADVERSARIAL = {
    "single voxel": only(3, 4, 4),
    "corner voxel": only(0, 0, 0),
    "other corner": only(6, 8, 7),
    "fills the grid": np.ones((7, 9, 8), bool),
    "one slice thick": only(2),
    "one column thick": only(slice(None), slice(None), 5),
    "touches the border": only(slice(0, 4), slice(0, 5), slice(2, 8)),
    "inside": only(slice(2, 5), slice(2, 6), slice(2, 6)),
    "hollow": only(slice(1, 6), slice(1, 8), slice(1, 7)) & ~only(3, 4, 4),
    "checkerboard": CHECKERS,
    "other checkerboard": ~CHECKERS,
}


def by_all_pairs(prediction, reference, spacing):
    """The definition itself: each surface point against every other one."""
    one, other = (
        np.argwhere(mask & ~binary_erosion(mask)) * spacing for mask in (prediction, reference)
    )
    pairs = cdist(one, other)
    return pairs.min(1), pairs.min(0)


def monai_measures(prediction, reference, spacing, tolerance):
    from monai.metrics import (
        compute_average_surface_distance,
        compute_hausdorff_distance,
        compute_surface_dice,
    )

    one, other = (torch.from_numpy(mask)[None, None].float() for mask in (prediction, reference))
    options = {"include_background": True, "spacing": spacing}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            compute_hausdorff_distance(one, other, percentile=95, **options).item(),
            compute_average_surface_distance(one, other, **options).item(),
            compute_average_surface_distance(other, one, **options).item(),
            compute_surface_dice(one, other, [tolerance], **options).item(),
        )


def assert_as_monai(prediction, reference, spacing, tolerance=2.0):
    found = surface_distances(prediction, reference, spacing)
    hd95, to_reference, to_prediction, dice = monai_measures(
        prediction, reference, spacing, tolerance
    )
    assert hausdorff95(found) == pytest.approx(hd95, rel=1e-5)
    assert found.predicted.mean() == pytest.approx(to_reference, rel=1e-5)
    assert found.reference.mean() == pytest.approx(to_prediction, rel=1e-5)
    assert mean_surface_distance(found) == pytest.approx((to_reference + to_prediction) / 2)
    assert surface_dice(found, tolerance) == pytest.approx(dice, rel=1e-5)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("seed", range(4))
def test_blobs_as_monai_measures_them(seed, spacing):
    assert_as_monai(blob(seed), blob(seed + 10, share=0.4), spacing)


@pytest.mark.parametrize("other", ADVERSARIAL)
@pytest.mark.parametrize("one", ADVERSARIAL)
def test_adversarial_masks_as_monai_measures_them(one, other):
    assert_as_monai(ADVERSARIAL[one], ADVERSARIAL[other], (3.0, 0.98, 1.1))


@settings(max_examples=150, deadline=None)
@given(
    masks=st.tuples(*[st.integers(1, 5)] * 3).flatmap(
        lambda shape: st.tuples(hnp.arrays(np.bool_, shape), hnp.arrays(np.bool_, shape))
    ),
    spacing=st.tuples(*[st.floats(0.1, 5)] * 3),
    near_cost=st.sampled_from([0, 1e9]),
    far_cost=st.sampled_from([0, 1e9]),
)
def test_every_pair_of_points(masks, spacing, near_cost, far_cost):
    prediction, reference = masks
    with pytest.MonkeyPatch.context() as patch:
        # Every way to search, whatever the size of the grid.
        patch.setattr(module, "NEAR_MM", 2.0)
        patch.setattr(module, "VOXELS_PER_SEARCH", near_cost)
        patch.setattr(module, "VOXELS_PER_FAR_SEARCH", far_cost)
        patch.setattr(module, "VOXELS_PER_TARGET", 0)
        found = surface_distances(prediction, reference, spacing)
    if prediction.any() and reference.any():
        to_reference, to_prediction = by_all_pairs(prediction, reference, spacing)
        np.testing.assert_allclose(found.predicted, to_reference, atol=1e-12)
        np.testing.assert_allclose(found.reference, to_prediction, atol=1e-12)
    else:
        assert np.isnan(found.predicted).all()
        assert np.isnan(found.reference).all()


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("seed", range(3))
def test_distances_as_simpleitk_finds_them(seed, spacing):
    sitk = pytest.importorskip("SimpleITK")

    def contour_and_map(mask):
        # A margin, since LabelContour draws no contour along the image's border.
        image = sitk.GetImageFromArray(np.pad(mask, 2).astype(np.uint8))
        image.SetSpacing(spacing[::-1])
        contour = sitk.LabelContour(image, fullyConnected=False)
        distance = sitk.SignedMaurerDistanceMap(
            contour, squaredDistance=False, useImageSpacing=True
        )
        inner = (slice(2, -2),) * 3
        return (
            sitk.GetArrayFromImage(contour)[inner] > 0,
            np.abs(sitk.GetArrayFromImage(distance)[inner]),
        )

    prediction, reference = blob(seed), blob(seed + 20)
    contours, maps = zip(*map(contour_and_map, (prediction, reference)), strict=True)
    found = surface_distances(prediction, reference, spacing)
    np.testing.assert_allclose(found.predicted, maps[1][contours[0]], atol=1e-5)
    np.testing.assert_allclose(found.reference, maps[0][contours[1]], atol=1e-5)


def test_two_voxels_three_slices_apart_are_nine_millimetres_apart():
    found = surface_distances(only(1, 4, 4), only(4, 4, 4), (3, 1, 1))
    assert found.predicted.tolist() == found.reference.tolist() == [9.0]
    assert hausdorff95(found) == hausdorff95_mean(found) == mean_surface_distance(found) == 9.0
    assert surface_dice(found, 8.99) == 0.0
    assert surface_dice(found, 9) == 1.0


def test_measures_by_hand():
    found = SurfaceDistances(np.array([0.0, 1.0, 2.0]), np.array([4.0]))
    # The 95th percentile of 0, 1, 2 lies 0.95 * 2 steps along: 1.9.
    assert hausdorff95(found) == 4.0
    assert hausdorff95_mean(found) == pytest.approx((1.9 + 4) / 2)
    assert mean_surface_distance(found) == pytest.approx((1 + 4) / 2)
    assert surface_dice(found, 1.0) == 2 / 4


def test_identical_masks_are_perfect():
    found = surface_distances(blob(0), blob(0), (3, 1, 1))
    assert hausdorff95(found) == mean_surface_distance(found) == 0
    assert surface_dice(found, 0) == 1


@pytest.mark.parametrize("empty", ["prediction", "reference", "both"])
def test_empty_masks_have_no_distance(empty):
    none, some = np.zeros((3, 4, 5), bool), only(1, slice(1, 3), 2, shape=(3, 4, 5))
    prediction = some if empty == "reference" else none
    reference = some if empty == "prediction" else none
    found = surface_distances(prediction, reference, (1, 1, 1))
    assert len(found.predicted) == prediction.sum()
    assert len(found.reference) == reference.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for measure in (hausdorff95, hausdorff95_mean, mean_surface_distance):
            assert np.isnan(measure(found))
        dice = surface_dice(found, 2)
    assert np.isnan(dice) if empty == "both" else dice == 0


def test_swapped_masks_swap_the_distances():
    one, other = blob(1), blob(2)
    found, swapped = (surface_distances(*pair, (3, 1, 1)) for pair in ((one, other), (other, one)))
    np.testing.assert_array_equal(found.predicted, swapped.reference)
    np.testing.assert_array_equal(found.reference, swapped.predicted)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_surface_points_match_the_distances(name):
    mask = ADVERSARIAL[name]
    points = surface_points(mask.astype(np.uint8))
    np.testing.assert_array_equal(points, np.argwhere(mask & ~binary_erosion(mask)))
    found = surface_distances(only(3, 4, 4), mask, (3, 1, 2))
    expected = np.linalg.norm((points - [3, 4, 4]) * [3, 1, 2], axis=1)
    np.testing.assert_allclose(found.reference, expected)


def test_no_surface_points_without_lung():
    assert surface_points(np.zeros((2, 3, 4), bool)).shape == (0, 3)


def test_any_value_but_0_is_lung():
    one, other = blob(3), blob(4)
    found = surface_distances(one, other, (3, 1, 1))
    again = surface_distances(one * np.uint8(255), other * np.uint8(7), (3, 1, 1))
    np.testing.assert_array_equal(found.predicted, again.predicted)


MASK = np.zeros((2, 3, 4), bool)


@pytest.mark.parametrize(
    ("prediction", "reference", "spacing", "message"),
    [
        (MASK, MASK[:1], (1, 1, 1), r"same shape, got \(2, 3, 4\) and \(1, 3, 4\)"),
        (MASK[0], MASK[0], (1, 1, 1), r"prediction must be .* got bool of shape \(3, 4\)"),
        (MASK, MASK.astype(float), (1, 1, 1), "reference must be .* got float64"),
        (MASK, MASK, (1, 1), r"spacing must be three positive numbers .* got \(1, 1\)"),
        (MASK, MASK, (1, 0, 1), r"spacing .* got \(1, 0, 1\)"),
        (MASK, MASK, (1, np.nan, 1), "spacing .* got"),
        (MASK, MASK, (1, np.inf, 1), "spacing .* got"),
    ],
)
def test_wrong_arguments_are_refused(prediction, reference, spacing, message):
    with pytest.raises(ValueError, match=message):
        surface_distances(prediction, reference, spacing)


@pytest.mark.parametrize("tolerance", [-1, np.nan, np.inf])
def test_tolerances_without_meaning_are_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance_mm must be"):
        surface_dice(SurfaceDistances(np.zeros(1), np.zeros(1)), tolerance)
