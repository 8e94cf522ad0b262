import numpy as np
import pandas as pd

from lungseg.report.position import position


def test_draws(draw, slices):
    assert "apex" in draw(position(slices, synthetic=True))


def dots(axes):
    return next(line for line in axes.lines if line.get_marker() == ".").get_xydata()


def test_base_is_0_apex_is_1_and_the_belly_is_below(draw, row):
    lung = {4: 10, 5: 20, 6: 20, 7: 20, 8: 10}
    rows = pd.DataFrame(
        [row("test", "a", z, lung.get(z, 0), z, 0) for z in range(11)]
        + [row("test", "no lung", 3, 0, 900, 0)]
    )
    figure = position(rows)
    upper, lower = figure.axes
    draw(figure)
    np.testing.assert_allclose(dots(upper)[:, 0], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(dots(lower)[:, 0], np.arange(-4, 7) / 4)
    np.testing.assert_allclose(dots(lower)[:, 1], np.arange(11) / 1000)


def test_lines_are_medians_of_bins(row):
    rows = [
        row("test", case, z, 10, fp, 0)
        for case, fps in (("a", (1, 5)), ("b", (2, 6)), ("c", (9, 7)))
        for z, fp in enumerate(fps)
    ]
    line = position(pd.DataFrame(rows)).axes[1].lines[0].get_xydata()
    assert len(line) == 20  # base and apex fall into the first and last bin between them
    np.testing.assert_allclose(line[0], (0.025, 0.002))
    np.testing.assert_allclose(line[-1], (0.975, 0.006))
    assert np.isnan(line[1:-1, 1]).all()
