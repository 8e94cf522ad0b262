"""Small pictures."""

import base64
import io

import numpy as np
from PIL import Image

from lungseg.evaluation.thumbnails import MOST, SIDE, pictured, thumbnail


def opened(address):
    kind, content = address.split(",")
    assert kind == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))).astype(int)


def test_grey_with_both_outlines():
    image = np.full((100, 120), 0.5, np.float32)
    reference, prediction = np.zeros((2, 100, 120), bool)
    reference[20:60, 10:50] = True
    prediction[20:60, 70:110] = True
    picture = opened(thumbnail(image, reference, prediction))
    assert picture.shape == (100, 120, 3)
    assert np.ptp(picture[80, 20]) < 10  # grey
    blue, orange = picture[40, 10], picture[40, 109]
    assert blue[2] > blue[0] + 50
    assert orange[0] > orange[2] + 50
    assert abs(picture[40, 30] - 127).max() < 20  # the inside stays to be seen


def test_large_slices_shrink():
    picture = opened(thumbnail(np.zeros((512, 512), np.float32), *np.zeros((2, 512, 512), bool)))
    assert max(picture.shape) <= SIDE


def test_small_slices_grow_so_that_outlines_stay_thin():
    image, (reference, prediction) = np.full((33, 20), 0.5, np.float32), np.zeros((2, 33, 20), bool)
    reference[5:8, 5:8] = True
    picture = opened(thumbnail(image, reference, prediction))
    assert picture.shape == (132, 80, 3)  # four times, the most that fits
    blue = picture[..., 2] - picture[..., 0] > 50
    assert blue[20:32, 20].all()
    assert blue[20:32, 31].all()
    assert not blue[:18].any()
    assert not blue[24:28, 24:28].any()  # the inside stays to be seen


def test_pictures_are_spread_over_all_slices():
    slices = [(case, z) for case in range(40) for z in range(100)]
    chosen = pictured(slices)
    assert len(chosen) == MOST
    assert all(sum(key[0] == case for key in chosen) == 15 for case in range(40))
    few = slices[:MOST]
    assert pictured(few) == set(few)
