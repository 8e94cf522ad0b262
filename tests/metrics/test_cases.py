"""The numbers of a case against masks split by hand, MONAI and scikit-learn's formulas."""

import json
import warnings

import numpy as np
import pytest

from lungseg.metrics.cases import CaseScore, case_row
from lungseg.metrics.masks import surface_points
from lungseg.metrics.sides import split_sides
from lungseg.metrics.surface import (
    hausdorff95,
    hausdorff95_mean,
    mean_surface_distance,
    surface_dice,
    surface_distances,
)

SPACING = (3.0, 1.0, 2.0)
COUNTS = ("tp", "fp", "fn", "tn")
NAMES = (
    *COUNTS,
    *("dsc", "recall", "specificity", "precision"),
    *("hd95_mm", "hd95_lctsc_mm", "msd_mm", "surface_dice_2mm"),
    *("volume_ml", "predicted_volume_ml", "volume_difference_ml", "volume_difference_percent"),
    *("missed", "invented"),
)


def box(*spans, shape=(12, 20, 40)):
    mask = np.zeros(shape, np.uint8)
    mask[tuple(slice(*span) for span in spans)] = 1
    return mask


RIGHT = box((2, 10), (4, 16), (4, 16))
LEFT = box((2, 10), (4, 14), (24, 36))
REFERENCE = RIGHT | LEFT
# One slice more of the right lung, the left one's first column missed.
PREDICTED_RIGHT = box((2, 11), (4, 16), (4, 16))
PREDICTED_LEFT = box((2, 10), (4, 14), (25, 36))
PREDICTION = PREDICTED_RIGHT | PREDICTED_LEFT
# From corner to corner of the grid: 11 steps of 3 mm, 19 of 1 mm, 39 of 2 mm.
FARTHEST = (33**2 + 19**2 + 78**2) ** 0.5


def assert_side(numbers, prefix, prediction, reference, spacing=SPACING):
    """What the masks of one side say by themselves."""
    prediction, reference = prediction > 0, reference > 0
    tp, fp = (prediction & reference).sum(), (prediction & ~reference).sum()
    fn, tn = (~prediction & reference).sum(), (~prediction & ~reference).sum()
    found = surface_distances(prediction, reference, spacing)
    ml = np.prod(spacing) / 1000
    expected = {
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "dsc": 2 * tp / (2 * tp + fp + fn),
        "recall": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "precision": tp / (tp + fp),
        "hd95_mm": hausdorff95(found),
        "hd95_lctsc_mm": hausdorff95_mean(found),
        "msd_mm": mean_surface_distance(found),
        "surface_dice_2mm": surface_dice(found, 2),
        "volume_ml": reference.sum() * ml,
        "predicted_volume_ml": prediction.sum() * ml,
        "volume_difference_ml": (int(prediction.sum()) - int(reference.sum())) * ml,
        "volume_difference_percent": 100 * (prediction.sum() / reference.sum() - 1),
        "missed": 0,
        "invented": 0,
    }
    got = {name: numbers[prefix + name] for name in NAMES}
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_numbers_of_both_lungs_and_of_each():
    numbers = case_row(PREDICTION, REFERENCE, SPACING).numbers
    names = [side + name for side in ("", "right_", "left_") for name in NAMES]
    assert list(numbers) == [*names, "farthest_mm"]
    assert_side(numbers, "", PREDICTION, REFERENCE)
    assert_side(numbers, "right_", PREDICTED_RIGHT, RIGHT)
    assert_side(numbers, "left_", PREDICTED_LEFT, LEFT)


def test_by_hand():
    numbers = case_row(PREDICTION, REFERENCE, SPACING).numbers
    # Right: 8 * 12 * 12 voxels of 6 mm³, and one slice of 12 * 12 more.
    assert numbers["right_tp"] == 1152
    assert numbers["right_fp"] == 144
    assert numbers["right_fn"] == 0
    assert numbers["right_tn"] == 12 * 20 * 40 - 1152 - 144
    assert numbers["right_volume_ml"] == pytest.approx(6.912)
    assert numbers["right_predicted_volume_ml"] == pytest.approx(7.776)
    assert numbers["right_volume_difference_ml"] == pytest.approx(0.864)
    assert numbers["right_volume_difference_percent"] == pytest.approx(12.5)
    assert numbers["right_hd95_mm"] == 3.0
    # Left: 8 * 10 * 12 voxels, of which a column of 8 * 10 is missed.
    assert numbers["left_fn"] == 80
    assert numbers["left_volume_difference_percent"] == pytest.approx(-100 / 12)
    assert numbers["left_surface_dice_2mm"] == 1.0
    assert numbers["tp"] == numbers["right_tp"] + numbers["left_tp"]


def test_numbers_are_pythons_own():
    numbers = case_row(PREDICTION, REFERENCE, SPACING).numbers
    assert {type(value) for value in numbers.values()} == {int, float}
    assert json.loads(json.dumps(numbers)) == numbers


def test_the_surface_comes_with_its_distances():
    score = case_row(PREDICTION, REFERENCE, SPACING)
    assert score.surface_mm.dtype == score.distance_mm.dtype == np.float32
    np.testing.assert_allclose(score.surface_mm, surface_points(REFERENCE) * SPACING)
    found = surface_distances(PREDICTION, REFERENCE, SPACING)
    np.testing.assert_allclose(score.distance_mm, found.reference)


def test_false_voxels_go_to_the_nearer_lung():
    prediction = REFERENCE.copy()
    prediction[5, 10, 17:19] = 1  # x 15 is right, 24 left: nearer to the right lung.
    prediction[5, 10, 22] = 1
    prediction[0, 0, 0] = 1
    numbers = case_row(prediction, REFERENCE, SPACING).numbers
    assert (numbers["fp"], numbers["right_fp"], numbers["left_fp"]) == (4, 3, 1)


def test_a_bridge_in_the_prediction_costs_each_lung_its_half():
    prediction = REFERENCE.copy()
    prediction[4:6, 8:10, 16:24] = 1
    numbers = case_row(prediction, REFERENCE, SPACING).numbers
    halves = [prediction * (np.arange(40) < 20), prediction * (np.arange(40) >= 20)]
    assert_side(numbers, "right_", halves[0], RIGHT)
    assert_side(numbers, "left_", halves[1], LEFT)


def test_touching_lungs_in_the_reference():
    reference = REFERENCE.copy()
    reference[4:6, 8:10, 16:24] = 1
    sides = split_sides(reference, SPACING)
    assert {*np.unique(sides[4, 8])} == {0, 1, 2}
    score = case_row(PREDICTION, reference, SPACING)
    assert_side(score.numbers, "", PREDICTION, reference)
    assert_side(score.numbers, "right_", PREDICTED_RIGHT, sides == 1)
    assert_side(score.numbers, "left_", PREDICTED_LEFT, sides == 2)


@pytest.mark.parametrize("seed", range(3))
def test_noise_as_monai_measures_it(seed):
    import torch
    from monai.metrics import compute_hausdorff_distance, compute_surface_dice

    noise = np.random.default_rng(seed).random(REFERENCE.shape) < 0.1
    prediction = PREDICTION ^ noise
    numbers = case_row(prediction, REFERENCE, SPACING).numbers
    one, other = (torch.from_numpy(m)[None, None].float() for m in (prediction, REFERENCE))
    options = {"include_background": True, "spacing": SPACING}
    hd95 = compute_hausdorff_distance(one, other, percentile=95, **options).item()
    dice = compute_surface_dice(one, other, [2.0], **options).item()
    assert numbers["hd95_mm"] == pytest.approx(hd95, rel=1e-5)
    assert numbers["surface_dice_2mm"] == pytest.approx(dice, rel=1e-5)
    assert numbers["fp"] == numbers["right_fp"] + numbers["left_fp"]


def score_quietly(prediction, reference) -> CaseScore:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return case_row(prediction, reference, SPACING)


def test_an_empty_prediction():
    score = score_quietly(np.zeros_like(REFERENCE), REFERENCE)
    for prefix in ("", "right_", "left_"):
        numbers = {name: score.numbers[prefix + name] for name in NAMES}
        assert numbers["tp"] == numbers["fp"] == 0
        assert numbers["dsc"] == numbers["recall"] == numbers["surface_dice_2mm"] == 0
        assert numbers["specificity"] == 1
        assert numbers["volume_difference_percent"] == -100
        assert np.isnan(numbers["precision"])
        for name in ("hd95_mm", "hd95_lctsc_mm", "msd_mm"):
            assert numbers[name] == pytest.approx(FARTHEST)
        assert (numbers["missed"], numbers["invented"]) == (1, 0)
    assert len(score.surface_mm) == len(score.distance_mm) > 0
    assert score.distance_mm == pytest.approx(FARTHEST)


def test_one_lung_missed():
    numbers = score_quietly(PREDICTED_RIGHT, REFERENCE).numbers
    assert_side(numbers, "right_", PREDICTED_RIGHT, RIGHT)
    assert (numbers["missed"], numbers["right_missed"], numbers["left_missed"]) == (1, 0, 1)
    for prefix in ("", "left_"):
        for name in ("hd95_mm", "hd95_lctsc_mm", "msd_mm"):
            assert numbers[prefix + name] == pytest.approx(FARTHEST)
        assert numbers[prefix + "surface_dice_2mm"] == 0
    assert numbers["dsc"] == pytest.approx(2 * 1152 / (1296 + 1152 + 960))
    assert numbers["left_dsc"] == 0


@pytest.mark.parametrize("prediction", [PREDICTION, np.zeros_like(PREDICTION)])
def test_an_empty_reference_has_no_sides(prediction):
    score = score_quietly(prediction, np.zeros_like(REFERENCE))
    numbers = score.numbers
    assert numbers["fp"] == prediction.sum()
    assert numbers["volume_ml"] == 0
    assert numbers["surface_dice_2mm"] == 0 or not prediction.any()
    assert (numbers["missed"], numbers["invented"]) == (0, prediction.any())
    worst = pytest.approx(FARTHEST if prediction.any() else np.nan, nan_ok=True)
    assert [numbers["hd95_mm"], numbers["msd_mm"]] == [worst, worst]
    for prefix in ("right_", "left_"):
        assert all(np.isnan(numbers[prefix + name]) for name in NAMES)
    assert np.isnan(numbers["volume_difference_percent"])
    assert score.surface_mm.shape == (0, 3)
    assert score.distance_mm.shape == (0,)


def test_inseparable_lungs_have_no_numbers_by_side():
    """A lone lung may be either, and two that are joined broadly may look like one."""
    numbers = score_quietly(PREDICTION, LEFT).numbers
    assert numbers["fp"] == PREDICTED_RIGHT.sum()
    for prefix in ("right_", "left_"):
        assert all(np.isnan(numbers[prefix + name]) for name in NAMES)


def test_sides_that_are_known_are_taken_as_they_are():
    """Lungs joined so broadly that no erosion parts them."""
    reference = np.zeros((6, 10, 24), np.uint8)
    reference[1:5, 2:8, 2:22] = 1
    sides = reference * np.where(np.arange(24) < 9, 1, 2).astype(np.uint8)
    prediction = reference.copy()
    prediction[1:5, 2:8, 2:4] = 0
    numbers = case_row(prediction, reference, SPACING, sides).numbers
    assert_side(numbers, "right_", prediction * (sides == 1), sides == 1)
    assert_side(numbers, "left_", sides == 2, sides == 2)


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_a_lungs_distances_are_those_of_its_masks_alone(share, monkeypatch):
    """Distances found for both lungs serve each lung; here each is measured anew."""
    from lungseg.metrics import cases

    noise = np.random.default_rng(0).random(REFERENCE.shape) < share
    prediction = PREDICTION ^ noise
    # Nothing between the lungs, so that no predicted voxel of one touches the other.
    columns = np.flatnonzero(REFERENCE.any(axis=(0, 1)))
    gap = columns[np.argmax(np.diff(columns))]
    prediction[:, :, gap + 1 : gap + np.diff(columns).max()] = 0
    quick = case_row(prediction, REFERENCE, SPACING).numbers
    monkeypatch.setattr(cases, "_joined", lambda sides: True)
    assert quick == case_row(prediction, REFERENCE, SPACING).numbers


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="same shape"):
        case_row(PREDICTION, REFERENCE[1:], SPACING)
    with pytest.raises(ValueError, match="reference must be .* got int64"):
        case_row(PREDICTION, REFERENCE.astype(np.int64), SPACING)
    with pytest.raises(ValueError, match="spacing must be"):
        case_row(PREDICTION, REFERENCE, (1, 2))
