import numpy as np
import pytest
import torch

from lungseg.augment.augment import Augment
from lungseg.augment.cut_mix import CutMix
from tests.augment.samples import slices

PARAMS = {"top": 3, "left": 2, "height": 5, "width": 12}


def test_image_and_mask_have_the_mirrored_rectangle():
    image, mask = slices(n=2, channels=3)
    two = torch.cat([mask, 1 - mask], dim=1)  # as with the patient's outline
    new, new_mask = CutMix().apply(image.float(), two, [None, PARAMS])
    for array, changed in ((image, new), (two, new_mask)):
        expected = array.numpy().copy()
        for y in range(3, 8):
            for x in range(2, 14):
                expected[1, :, y, x] = array.numpy()[1, :, y, 19 - x]
        assert np.array_equal(changed.numpy(), expected)
    assert new_mask.dtype == torch.uint8


def test_the_mask_that_was_given_stays():
    image, mask = slices()
    before = mask.clone()
    _, mixed = Augment([CutMix(p=1)]).apply(image, mask, [[PARAMS]], lambda hu: hu, fill_hu=0)
    assert torch.equal(mask, before)
    assert not torch.equal(mixed, before)


def test_areas_fill_their_range():
    cut = CutMix(p=1, area=[0.1, 0.3], aspect=[0.8, 1.25])
    drawn = [cut.draw(np.random.default_rng(seed), (1, 200, 160)) for seed in range(1000)]
    areas = np.array([one["height"] * one["width"] for one in drawn]) / (200 * 160)
    assert 0.098 < areas.min() < 0.105
    assert 0.295 < areas.max() < 0.303


@pytest.mark.parametrize("wrong", ["area", "aspect"])
def test_what_is_impossible_is_refused(wrong):
    with pytest.raises(ValueError, match=rf"CutMix.{wrong} must be \[low, high\]"):
        CutMix(**{wrong: [0.5, 200]})
