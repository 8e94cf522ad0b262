"""What a network sees of a case, put together by hand."""

import numpy as np
import pytest
import torch

from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.outlines import Outline
from lungseg.errors import DataError

SHAPE = (6, 40, 96)


@pytest.fixture
def case():
    random = np.random.default_rng(0)
    image = random.integers(-1000, 400, SHAPE).astype(np.int16)
    mask = random.integers(0, 2, SHAPE).astype(np.uint8)
    body = np.zeros(SHAPE, bool)
    body[:, 8:30, 20:50] = True
    body[2, 3, 3] = True
    outline = Outline(np.packbits(body, axis=-1), SHAPE[2], (3, 30, 3, 50))
    return image, mask, body, outline


def slices_of(network_input, case, spacing=(3.0, 1.0, 1.0), *, load=False):
    image, mask, _, outline = case
    size = network_input.resampled_size(SHAPE[1:], spacing)
    frame = network_input.frame(SHAPE[1:], size, outline)
    made = network_input.slices(image, len(image), frame, spacing[0], mask=mask, outline=outline)
    return made.load() if load else made


WINDOW = Window(-1000, 400)


@pytest.mark.parametrize("load", [False, True])
def test_a_plain_input_is_the_slice(case, load):
    network_input = NetworkInput(WINDOW)
    assert network_input.plain
    assert (network_input.stored_channels, network_input.channels) == (1, 1)
    slices = slices_of(network_input, case, load=load)
    for z in range(SHAPE[0]):
        np.testing.assert_array_equal(slices.image(z), case[0][z][None])
        np.testing.assert_array_equal(slices.target(z), case[1][z][None])


@pytest.mark.parametrize("load", [False, True])
def test_all_together(case, load):
    """Neighbours in steps of 2, soft tissue outside, the box with 64 columns (47 and more)."""
    image, mask, body, _ = case
    network_input = NetworkInput(WINDOW, outside="soft", crop="body", context=1, context_mm=6)
    assert not network_input.plain
    assert network_input.fill_hu == 40
    assert network_input.channels == 3
    slices = slices_of(network_input, case, load=load)
    soft = np.where(body, image, 40)
    assert slices.frame.box == (0, 0, 32, 64)
    for z, (below, above) in enumerate([(0, 2), (0, 3), (0, 4), (1, 5), (2, 5), (3, 5)]):
        expected = soft[[below, z, above], :32, :64]
        np.testing.assert_array_equal(slices.image(z), expected)
        np.testing.assert_array_equal(slices.target(z)[0], mask[z, :32, :64])
    made = network_input(torch.from_numpy(soft[:3][None].astype(np.int16)))
    np.testing.assert_allclose(made[0], np.clip((soft[:3] + 1000) / 1400, 0, 1), atol=1e-6)


@pytest.mark.parametrize("load", [False, True])
def test_the_outline_as_a_channel_is_no_intensity(case, load):
    image, _, body, _ = case
    network_input = NetworkInput(WINDOW, outside="channel")
    assert (network_input.stored_channels, network_input.channels) == (2, 2)
    assert network_input.fill_hu == -1000
    made = slices_of(network_input, case, load=load).image(2)
    assert made.dtype == torch.int16
    np.testing.assert_array_equal(made, [image[2], body[2]])
    seen = network_input(made[None])[0]
    np.testing.assert_allclose(seen[0], np.clip((image[2] + 1000.0) / 1400, 0, 1), atol=1e-6)
    np.testing.assert_array_equal(seen[1], body[2])


def test_sizes():
    own, spacing = (100, 80), (3.0, 0.5, 0.6)
    assert NetworkInput(WINDOW).resampled_size(own, spacing) is None
    assert NetworkInput(WINDOW, matrix_size=50).resampled_size(own, spacing) == (50, 40)
    assert NetworkInput(WINDOW, spacing=1.0).resampled_size(own, spacing) == (50, 48)


def test_the_mask_follows_the_image_to_another_spacing(case):
    case[0][:, :, :48] = -1000
    case[0][:, :, 48:] = 400
    case = (case[0], (case[0] < 0).astype(np.uint8), *case[2:])
    slices = slices_of(NetworkInput(WINDOW, spacing=2.0), case)
    assert slices.image(1).shape == (1, 20, 48)
    np.testing.assert_array_equal(slices.target(1).bool(), slices.image(1) < -300)


def test_it_is_made_of_the_settings_that_a_checkpoint_records():
    settings = {"crop": "body", "context": 2, "root": "elsewhere", "batch_size": 3}
    made = NetworkInput.of(WINDOW, settings)
    assert made.settings == NetworkInput(WINDOW, crop="body", context=2).settings
    assert NetworkInput.of(WINDOW, made.settings).geometry == made.geometry
    assert NetworkInput.of(WINDOW, {"batch_size": 3}).plain  # of an earlier version


def test_a_context_beyond_the_scan_is_refused(case):
    with pytest.raises(DataError, match=r"data\.context=3"):
        slices_of(NetworkInput(WINDOW, context=3), case)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"outside": "air"}, "outside=air: must be keep, soft, channel"),
        ({"crop": True}, "crop=True: must be none or body"),
        ({"matrix_size": 8}, "matrix_size must be at least 16"),
        ({"matrix_size": 64.0}, "matrix_size must be a whole number"),
        ({"spacing": 0}, "spacing=0: must be a distance from 0.05"),
        ({"spacing": [1, 1]}, r"spacing=\[1, 1\]: must be a distance"),
        ({"spacing": 1, "matrix_size": 64}, "give one of them"),
        ({"context": -1}, "context must be at least 0"),
        ({"context_mm": "3mm"}, "context_mm=3mm: must be a distance"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        NetworkInput(WINDOW, **settings)
