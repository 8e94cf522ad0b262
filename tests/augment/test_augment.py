"""All transforms of a batch: each sample by its key alone, and again from what was drawn."""

import json

import numpy as np
import pytest
import torch

from lungseg.augment.affine import Affine
from lungseg.augment.augment import Augment
from lungseg.augment.brightness import Brightness
from lungseg.augment.contrast import Contrast
from lungseg.augment.flip import Flip
from lungseg.augment.image_transform import ImageTransform
from lungseg.data.intensity import Window
from tests.augment.samples import FILL, as_hu, moved, slices
from tests.augment.test_affine import STILL

WINDOW = Window(-1000, 400)
KEYS = [(7, 2, case, z) for case, z in ((0, 0), (0, 1), (1, 0), (3, 12))]


def everything():
    return Augment([Flip(), Affine(p=0.8), Contrast(), Brightness(p=1)])


def run(augment, image, mask, keys=KEYS):
    return augment(image, mask, keys, WINDOW, fill_hu=FILL)


def test_a_sample_depends_on_its_key_alone():
    image, mask = slices(n=4, channels=3)
    together = run(everything(), image, mask)
    for order in ([3, 1, 0, 2], [2], [1, 3]):
        torch.manual_seed(sum(order))
        np.random.seed(sum(order))
        part = run(everything(), image[order], mask[order], [KEYS[k] for k in order])
        assert all(torch.equal(a[order], b) for a, b in zip(together, part, strict=True))


def test_global_randomness_is_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    run(everything(), *slices(n=4))
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])


@pytest.mark.parametrize("place", range(4))
def test_every_number_of_a_key_counts(place):
    key = list(KEYS[3])
    key[place] += 1
    shape = (1, 24, 20)
    assert everything().draw([tuple(key)], shape) != everything().draw([KEYS[3]], shape)


def test_two_transforms_of_a_kind_draw_differently():
    first, second = Augment([Brightness(p=1), Brightness(p=1)]).draw(KEYS[:1], (1, 8, 8))[0]
    assert first != second


def test_what_was_drawn_can_be_stored_and_applied_again():
    image, mask = slices(n=4, channels=3)
    draws = everything().draw(KEYS, (3, 24, 20))
    stored = json.loads(json.dumps(draws))
    again = everything().apply(image, mask, stored, WINDOW, fill_hu=FILL)
    assert all(
        torch.equal(a, b) for a, b in zip(run(everything(), image, mask), again, strict=True)
    )


@pytest.mark.parametrize("dtype", [torch.int16, torch.float32])
@pytest.mark.parametrize("transforms", [[Affine(), Contrast(1)], [Brightness(1)]])
def test_what_is_given_stays_as_it_is(dtype, transforms):
    image, mask = slices(n=4)
    given, given_mask = image.to(dtype), mask.clone()
    Augment(transforms)(given, given_mask, KEYS, as_hu, fill_hu=FILL)
    assert torch.equal(given, image.to(dtype))
    assert torch.equal(given_mask, mask)


def test_without_transforms_only_the_window_is_left():
    image, mask = slices(n=4)
    new, new_mask = run(Augment([]), image, mask)
    assert torch.equal(new, WINDOW(image))
    assert torch.equal(new_mask, mask)


def test_moves_are_composed_before_anything_is_interpolated():
    """There and back again: two interpolations would blur."""
    image, mask = slices(channels=2)
    turn, shift = Affine(), Affine()
    there = {**STILL, "degrees": 20.0}, {**STILL, "shift": [0.2, 0.1]}
    back = {**STILL, "shift": [-0.2, -0.1]}, {**STILL, "degrees": -20.0}
    steps = [(turn, there[0]), (shift, there[1]), (shift, back[0]), (turn, back[1])]
    new_image, new_mask = moved(image, mask, *steps)
    assert np.array_equal(new_image, image.numpy())
    assert np.array_equal(new_mask, mask.numpy())


def test_the_first_of_the_list_acts_first():
    image, mask = slices()
    new_image, _ = moved(image, mask, (Flip(1), {}), (Affine(), STILL | {"shift": [0.0, 0.1]}))
    expected = np.full((24, 20), FILL)
    expected[:, 2:] = image[0, 0].numpy()[:, ::-1][:, :-2]
    assert np.array_equal(new_image[0, 0], expected)


class Noting(ImageTransform):
    """Notes what it is given."""

    def __init__(self, space, notes):
        super().__init__(1)
        self.space, self.notes = space, notes

    def _draw(self, rng, shape):
        return {}

    def _change(self, sample, params):
        self.notes.append((self.space, sample.shape[0], float(sample.max())))
        sample.add_(0.5)


def test_hu_come_before_intensities_and_channels_may_be_added():
    notes = []
    image = torch.full((1, 2, 4, 4), 100, dtype=torch.int16)
    augment = Augment([Noting("intensity", notes), Noting("hu", notes), Noting("hu", notes)])
    new, _ = augment(
        image, slices(size=(4, 4))[1], KEYS[:1], lambda hu: hu.repeat(1, 2, 1, 1) / 1000, fill_hu=0
    )
    assert notes == [("hu", 2, 100), ("hu", 2, 100.5), ("intensity", 4, pytest.approx(0.101))]
    assert torch.allclose(new, torch.full((1, 4, 4, 4), 0.601))


def test_an_empty_batch():
    image, mask = slices(n=4)
    new, new_mask = run(everything(), image[:0], mask[:0], [])
    assert (new.shape, new_mask.shape) == ((0, 1, 24, 20), (0, 1, 24, 20))


def test_transforms_by_name_where_none_leaves_one_out():
    flip = Flip()
    assert Augment({"flip": flip, "affine": None}).transforms == [flip]


def test_what_is_no_transform_and_a_missing_key_are_refused():
    with pytest.raises(ValueError, match="transforms: 3 is not a transform"):
        Augment([3])
    with pytest.raises(ValueError, match="keys: must be one per sample, got 4 for 2"):
        run(everything(), *slices(n=2))
