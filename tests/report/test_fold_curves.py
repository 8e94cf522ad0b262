"""Learning curves of folds: a colour for each, which its line in every panel has."""

import matplotlib.colors
import numpy as np
import pandas as pd

from lungseg.report.fold_curves import NAMED, fold_colours, fold_curves


def history(fold):
    values = {f"{name}/{what}": [fold, fold + 1.0]
              for name in ("train", "test") for what in ("loss", "dsc", "accuracy")}  # fmt: skip
    return pd.DataFrame({"epoch": [0, 1], **values})


def legend_of(figure):
    (legend,) = figure.legends
    return {text.get_text(): line.get_color()
            for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)}  # fmt: skip


def test_each_fold_is_known_by_its_colour_and_each_set_by_its_line():
    figure = fold_curves([history(0), history(1)], ["fold 0", "fold 1"])
    colours = legend_of(figure)
    assert list(colours) == ["test", "train", "fold 0", "fold 1"]
    for axes in figure.axes:
        drawn = {(line.get_color(), line.get_linestyle()): line.get_ydata()[0]
                 for line in axes.lines}  # fmt: skip
        assert drawn == {(colours[f"fold {k}"], style): k for k in (0, 1) for style in ("-", "--")}


def test_of_many_folds_the_ends_of_the_scale_are_named():
    n = NAMED + 1
    figure = fold_curves([history(k) for k in range(n)], [f"fold {k}" for k in range(n)])
    assert list(legend_of(figure)) == ["test", "train", "fold 0", f"fold {n - 1}"]


def test_colours_differ_and_get_lighter_along_a_scale():
    """By the luminance of WCAG, worked out here."""
    for n in (7, 8, 20):
        colours = [matplotlib.colors.to_rgb(one) for one in fold_colours(n)]
        assert len({*colours}) == n
        linear = [np.where(np.array(one) <= 0.04045, np.array(one) / 12.92,
                           ((np.array(one) + 0.055) / 1.055) ** 2.4)
                  for one in colours]  # fmt: skip
        light = [float(one @ [0.2126, 0.7152, 0.0722]) for one in linear]
        assert max(light) < 0.6
        assert n == 7 or light == sorted(light)


def test_an_epoch_is_a_point_and_what_was_not_measured_is_said():
    one = history(0).iloc[:1].drop(columns=["train/dsc", "test/dsc"])
    figure = fold_curves([one], ["fold 0"])
    loss, dsc, _ = figure.axes
    assert {line.get_marker() for line in loss.lines} == {"."}
    assert [text.get_text() for text in dsc.texts] == ["not measured"]
