"""Lungs are what a person would keep: the two largest parts, without holes."""

import numpy as np
import pytest
import SimpleITK as sitk  # its usual name
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lungseg.inference.postprocess import Lungs, Unchanged

MM = (3.0, 1.0, 1.0)


def chest():
    mask = np.zeros((6, 12, 20), bool)
    mask[1:5, 2:10, 2:8] = mask[1:5, 2:10, 12:18] = True
    return mask


def test_strays_are_removed_and_cavities_filled():
    wanted = chest()
    mask = chest()
    mask[0, 0, 0] = mask[5, 11, 19] = True  # strays
    mask[2:4, 4:6, 4:6] = False  # a vessel or a nodule
    np.testing.assert_array_equal(Lungs()(mask.copy(), MM), wanted)
    np.testing.assert_array_equal(Unchanged()(mask.copy(), MM), mask)


def test_what_leads_out_of_the_lung_is_no_hole():
    mask = chest()
    mask[2:4, 4, 2:6] = False  # an airway, to the edge of the lung
    np.testing.assert_array_equal(Lungs()(mask.copy(), MM), mask)


def test_one_lung_and_a_speck_is_one_lung():
    mask = np.zeros((4, 10, 20), bool)
    mask[:, 1:9, 1:8] = True
    lung = mask.copy()
    mask[0, 5, 15] = True
    np.testing.assert_array_equal(Lungs()(mask.copy(), MM), lung)
    assert Lungs(min_share=0)(mask.copy(), MM)[0, 5, 15]


def test_lungs_that_touch_are_kept_with_a_lobe_that_does_not():
    mask = chest()
    mask[2, 5, 8:12] = True
    joined = mask.copy()
    mask[0:1, 10:12, 0:1] = True  # of 2 voxels: less than 5 %
    np.testing.assert_array_equal(Lungs()(mask.copy(), MM), joined)


@given(arrays(bool, st.tuples(*[st.integers(1, 6)] * 3)))
def test_components_and_holes_equal_those_of_simpleitk(mask):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    labels = sitk.GetArrayFromImage(sitk.ConnectedComponent(image, False))
    kept = sorted(np.bincount(labels.ravel())[1:], reverse=True)[:2]
    result = Lungs(min_share=0, fill_holes=False)(mask.copy(), MM)
    assert result.sum() == sum(kept)
    assert not (result & ~mask).any()
    padded = sitk.GetImageFromArray(np.pad(result, 1).astype(np.uint8))
    filled = sitk.GetArrayFromImage(sitk.BinaryFillhole(padded, False))[1:-1, 1:-1, 1:-1]
    np.testing.assert_array_equal(Lungs(min_share=0)(mask.copy(), MM), filled)


@pytest.mark.parametrize("wrong", [{"n_lungs": 3}, {"min_share": 1.5}])
def test_impossible_parameters_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        Lungs(**wrong)
