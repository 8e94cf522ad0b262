"""The picture of an augmentation: each slice in its place, with its outline."""

import numpy as np

from lungseg.data.preview import BOTH, GAP
from lungseg.report.augmented import LINE, SIDE, Row, picture


def a_tile(grey, size=(64, 32)):
    image = np.full(size, grey, np.float32)
    mask = np.zeros(size, np.uint8)
    mask[16:48, 8:24] = 1
    return image, mask


def part(pixels, row, column):
    top, left = row * (SIDE + LINE + GAP) + LINE, column * (SIDE + GAP)
    return pixels[top : top + SIDE, left : left + SIDE]


def test_slices_and_outlines_are_in_their_places():
    greys = [[0.2, 0.4, 0.6], [1.0, 0.0, 0.8]]
    rows = [Row(f"Case {k}", a_tile(one), [a_tile(each) for each in draws]) for k, (one, *draws) in enumerate(greys)]  # fmt: skip
    pixels = np.asarray(picture(rows))
    assert pixels.shape == (2 * (SIDE + LINE) + GAP, 3 * SIDE + 2 * GAP, 3)
    for k, values in enumerate(greys):
        for column, value in enumerate(values):
            tile = part(pixels, k, column)
            assert (tile[128, 128] == round(255 * value)).all()  # in the middle of the mask
            assert (tile[20, 128] == round(255 * value)).all()
            assert (tile[:, :64] == 0).all()  # half as wide as high
            assert (tile[:, 192:] == 0).all()
            yellow = (tile == BOTH).all(axis=2)
            rows_of, columns_of = np.nonzero(yellow)
            assert (rows_of.min(), rows_of.max()) == (64, 191)
            assert (columns_of.min(), columns_of.max()) == (96, 159)
            assert yellow.sum() == 2 * 128 + 2 * 62 - 4  # enlarging rounds the corners


def test_a_row_is_as_high_as_its_slices():
    low, square = a_tile(0.5, (32, 64)), a_tile(0.5, (64, 64))
    pixels = np.asarray(picture([Row("low", low, [low]), Row("square", square, [square])]))
    assert len(pixels) == 128 + SIDE + 2 * LINE + GAP
    second = pixels[128 + 2 * LINE + GAP :, :SIDE]
    assert (second[[0, -1]] == 128).all()


def test_the_name_and_the_numbers_of_draws_are_above():
    rows = [Row("Case_003, slice 7", a_tile(0.5), [a_tile(0.5)])]
    line = np.asarray(picture(rows))[:LINE]
    assert line[:, :SIDE].max() > 200
    assert line[:, SIDE + GAP :].max() > 200
