import numpy as np
import pytest
import torch

from lungseg.augment.random_erasing import RandomErasing
from tests.augment.samples import slices

SHAPE = (3, 200, 160)


def draws(n=1000, **settings):
    erasing = RandomErasing(p=1, **settings)
    return [erasing.draw(np.random.default_rng(seed), SHAPE) for seed in range(n)]


def test_one_rectangle_of_all_channels_has_the_value_and_the_mask_stays():
    image, mask = slices(n=2, channels=3)
    params = {"top": 5, "left": 2, "height": 7, "width": 11, "hu": 55.5}
    new, new_mask = RandomErasing().apply(image.float(), mask.clone(), [None, params])
    expected = image.numpy().astype(float)
    for y in range(5, 12):
        expected[1, :, y, 2:13] = 55.5
    assert np.array_equal(new.numpy(), expected)
    assert torch.equal(new_mask, mask)


def test_areas_and_aspects_fill_their_ranges():
    rectangles = draws(area=[0.05, 0.2], aspect=[0.5, 2])
    areas = np.array([one["height"] * one["width"] for one in rectangles]) / (200 * 160)
    aspects = np.array([one["height"] / one["width"] for one in rectangles])
    assert 0.048 < areas.min() < 0.055
    assert 0.195 < areas.max() < 0.204
    assert 0.48 < aspects.min() < 0.53
    assert 1.9 < aspects.max() < 2.06
    assert 0.45 < (aspects > 1).mean() < 0.55


@pytest.mark.parametrize("settings", [{}, {"area": [0.9, 1], "aspect": [0.01, 100]}])
def test_rectangles_lie_inside_and_reach_each_border(settings):
    rectangles = draws(**settings)
    tops, lefts = ([one[key] for one in rectangles] for key in ("top", "left"))
    bottoms = [one["top"] + one["height"] for one in rectangles]
    rights = [one["left"] + one["width"] for one in rectangles]
    assert (min(tops), min(lefts), max(bottoms), max(rights)) == (0, 0, 200, 160)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"area": [0.5, 1.5]}, "RandomErasing.area must be [low, high] with 0 <= low"),
        ({"aspect": [0, 1]}, "RandomErasing.aspect must be [low, high] with 0.01 <= low"),
        ({"hu": [-5000, 0]}, "RandomErasing.hu must be [low, high] with -1024 <= low"),
    ],
)
def test_what_is_impossible_is_refused(wrong, line):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        RandomErasing(**wrong)
    assert str(error.value).startswith(line)
