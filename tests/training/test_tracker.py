"""What trackers are given: pictures with outlines, drawn by hand here."""

import numpy as np

from lungseg.training.tracker import PREDICTION_COLOUR, REFERENCE_COLOUR, Overlay


def test_outlines_of_both_masks_and_the_prediction_s_on_top():
    image = np.full((6, 7), 100, np.uint8)
    reference, prediction = np.zeros((2, 6, 7), bool)
    reference[1:5, 1:5] = True  # 4 by 4, with an outline of 12 pixels
    prediction[1, 1:6] = True  # a line is all outline
    picture = Overlay(image, reference, prediction, "a").picture()
    drawn = np.array(
        [list("......."),
         list(".ppppp."),
         list(".r..r.."),
         list(".r..r.."),
         list(".rrrr.."),
         list(".......")]
    )  # fmt: skip
    for letter, colour in (("r", REFERENCE_COLOUR), ("p", PREDICTION_COLOUR), (".", (100,) * 3)):
        assert {tuple(pixel) for pixel in picture[drawn == letter].tolist()} == {colour}
    assert (image == 100).all()
