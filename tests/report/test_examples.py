import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lungseg.report.examples import Example, difference, empty, examples


def example(reference=(), prediction=(), shape=(40, 50), case="case", z=3, dsc=0.5, accuracy=0.9):
    masks = []
    for region in (reference, prediction):
        mask = np.zeros(shape, bool)
        if region:
            mask[region] = True
        masks.append(mask)
    image = np.zeros(shape, np.float32)
    image[5:35, 5:45] = 0.7
    return Example(case, z, image, *masks, dsc, accuracy)


LUNG = (slice(10, 20), slice(10, 20))
SHIFTED = (slice(10, 20), slice(12, 22))


def test_false_positives_and_negatives_have_their_own_pixels_and_colours():
    rgb = difference(example(LUNG, SHIFTED))
    np.testing.assert_allclose(rgb[10:20, 20:22], np.broadcast_to(to_rgb("#D55E00"), (10, 2, 3)))
    np.testing.assert_allclose(rgb[10:20, 10:12], np.broadcast_to(to_rgb("#56B4E9"), (10, 2, 3)))
    right = np.ones((40, 50), bool)
    right[10:20, 20:22] = right[10:20, 10:12] = False
    assert np.ptp(rgb[right], axis=-1).max() == 0  # grey


def test_legend_has_the_colours_of_the_pixels(draw):
    figure = examples("title", [example(LUNG, SHIFTED)])
    draw(figure)
    (legend,) = figure.legends
    colours = {
        text.get_text(): patch.get_facecolor()[:3]
        for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }
    assert colours["false positive"] == to_rgb("#D55E00")
    assert colours["false negative"] == to_rgb("#56B4E9")


def test_a_row_shows_one_crop_four_times_with_all_lung(draw):
    figure = examples("title", [example(LUNG, SHIFTED), example(SHIFTED, LUNG, (512, 512))])
    draw(figure)
    for row in range(2):
        panels = figure.axes[5 * row + 1 : 5 * row + 5]
        (x,) = {axes.get_xlim() for axes in panels}
        (y,) = {axes.get_ylim() for axes in panels}
        assert x[0] < 9.5
        assert x[1] > 21.5
        assert y[1] < 9.5  # the front is at the top
        assert y[0] > 19.5
        assert (x[1] - x[0]) / (y[0] - y[1]) == pytest.approx(4 / 3)


@pytest.mark.parametrize("items", [1, 6])
def test_words(draw, items):
    figure = examples("DSC up to 0.8", [example(LUNG, SHIFTED, z=i) for i in range(items)])
    words = draw(figure)
    assert f"DSC up to 0.8 (n = {items} shown)" in words
    assert "case\nslice 0\nDSC 0.5000\naccuracy 0.9000" in words


def test_the_dsc_of_empty_slices_is_called_undefined_not_a_number(draw):
    assert "DSC undefined:\nempty" in draw(examples("t", [example(dsc=np.nan)]))
    assert "DSC 0 (reference\nempty)" in draw(examples("t", [example((), LUNG, dsc=0.0)]))
    assert "DSC 0.0000" in draw(examples("t", [example(LUNG, (), dsc=0.0)]))


def test_a_lack_of_examples_is_noted(draw):
    words = draw(examples("DSC up to 0.8", [], synthetic=True))
    assert "DSC up to 0.8" in words
    assert "No slice of the test set falls into this category." in words


def test_empty_groups(draw):
    spot = (slice(7, 8), slice(8, 9))
    figure = empty([], [example((), spot, case="e")] * 6, [example((), LUNG)], synthetic=True)
    words = draw(figure)
    assert "accuracy = 1: none" in words
    assert "0.999 ≤ accuracy < 1: n = 6 shown" in words
    assert "accuracy < 0.999: n = 1 shown" in words
    assert "e\nslice 3, 1 px wrong" in words
    assert "100 px wrong" in words
    (ring,) = figure.axes[6].patches
    assert ring.center == (8, 7)


def test_nothing_empty_at_all(draw):
    assert draw(empty([], [], [])).count("none") == 3


def test_a_black_slice_is_shown_whole(draw):
    black = Example("c", 0, np.zeros((8, 8)), *np.zeros((2, 8, 8), bool), np.nan, 1.0)
    figure = examples("t", [black])
    draw(figure)
    low, high = figure.axes[1].get_xlim()
    assert low <= -0.5
    assert high >= 7.5
