import numpy as np
import pandas as pd
import pytest

from lungseg.report.heatmaps import heatmaps


def test_draws(draw, slices):
    draw(heatmaps(slices))


@pytest.mark.parametrize(("row", "column"), [(0, "mask_fraction"), (1, "dsc"), (2, "accuracy")])
def test_each_cell_is_its_slice_with_caudal_at_the_bottom(table, row, column):
    table = table.sample(frac=1, random_state=0)
    figure = heatmaps(table)
    for number, (split, cases) in enumerate((("test", "ef"), ("val", "d"), ("train", "abc"))):
        axes = figure.axes[3 * row + number]
        image = axes.images[-1]
        assert image.origin == "lower"
        assert axes.get_ylim()[0] < axes.get_ylim()[1]
        cells = image.get_array()
        assert cells.shape == (22, len(cases))
        for x, case in enumerate(cases):
            rows = table[(table["case"] == case) & (table["split"] == split)].set_index("z")
            for z in range(22):
                lung = z in rows.index and rows.loc[z, "tp"] + rows.loc[z, "fn"] > 0
                if z in rows.index and (lung or column != "dsc"):
                    assert cells[z, x] == rows.loc[z, column]
                else:
                    assert cells.mask[z, x]


def test_grey_is_under_slices_only_and_hatching_elsewhere(table):
    axes = heatmaps(table).axes[3]
    there, dsc = (image.get_array() for image in axes.images)
    assert not there.mask[19, 0]
    assert there.mask[20, 0]
    assert dsc.mask[19, 0]
    assert axes.patch.get_hatch()


def many(row, tests, trains):
    rows = [row("test", f"t{i:03}", 0, 50, i, 0) for i in range(tests)]
    rows += [row("train", f"r{i:03}", 0, 50, i, 0) for i in range(trains)]
    return pd.DataFrame(rows)


def names(axes):
    return [text.get_text() for text in axes.get_xticklabels()]


def test_80_cases_are_all_shown(draw, row):
    figure = heatmaps(many(row, 20, 60))
    words = draw(figure)
    assert "test: n = 20 cases" in words
    assert "train: n = 60 cases" in words
    assert figure.axes[5].images[-1].get_array().shape == (1, 60)


def test_of_too_many_the_worst_are_shown_with_a_note(draw, row):
    figure = heatmaps(many(row, 10, 90))
    words = draw(figure)
    assert "test: n = 10 cases" in words
    assert "train: 70 of 90 cases,\nlowest mean DSC, worst at the left" in words
    shown = figure.axes[3].images[-1].get_array()[0]
    assert shown.shape == (70,)
    assert np.all(np.diff(shown) > 0)
    assert names(figure.axes[5])[0] == "r089"
    assert names(figure.axes[4])[0] == "t000"
