import numpy as np
import pandas as pd
import pytest

from lungseg.report.distributions import accuracy_against_dsc, histograms


def test_histograms_draw(draw, slices):
    assert "accuracy" in draw(histograms(slices))


def test_scatter_draws(draw, slices):
    assert "accuracy" in draw(accuracy_against_dsc(slices, synthetic=True))


def test_shares_of_each_set_sum_to_one_and_empty_slices_have_no_dsc(draw, table):
    figure = histograms(table)
    words = draw(figure)
    whole = figure.axes[0]
    shares = [patch.get_data().values for patch in whole.patches]
    assert [share.sum() for share in shares] == pytest.approx([1] * len(shares))
    n = len(table.query("split == 'test' and tp + fn > 0"))
    assert f"test (n = {n})" in words
    assert f"test (n = {(table['split'] == 'test').sum()})" in words


def test_zoom_notes_the_values_left_of_it(draw, row):
    dsc = [0.3] + [0.992] * 9
    rows = pd.DataFrame([row("test", "a", z, 9, 1, 0, dsc=d) for z, d in enumerate(dsc)])
    assert "from 0.99; further left:\ntest 10.0% (1)" in draw(histograms(rows))


def test_scatter_shows_non_empty_test_slices_and_the_strip_empty_ones(draw, table):
    figure = accuracy_against_dsc(table)
    test = table[table["split"] == "test"]
    lung = test[test["tp"] + test["fn"] > 0]
    points = figure.axes[0].collections[0]
    np.testing.assert_array_equal(points.get_offsets(), lung[["dsc", "accuracy"]])
    np.testing.assert_array_equal(points.get_array(), lung["mask_fraction"])
    assert len(figure.axes[2].lines[0].get_xdata()) == len(test) - len(lung)
    assert f"empty (n = {len(test) - len(lung)})" in draw(figure)
