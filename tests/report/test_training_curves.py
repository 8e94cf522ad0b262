import numpy as np
import pandas as pd
import pytest

from lungseg.report.training_curves import training


def history(n, **columns):
    table = pd.DataFrame({"epoch": range(n)})
    for split in ("train", "test"):
        table[f"{split}/loss"] = np.linspace(1, 0, n)
        table[f"{split}/dsc"] = np.linspace(0.5, 0.9, n)
        table[f"{split}/accuracy"] = 1 - np.logspace(-1, -3, n)
    return table.assign(**columns)


@pytest.mark.parametrize("n", [1, 2, 10, 100])
def test_draws(draw, n):
    assert "epoch" in draw(training(history(n)))


def test_epochs_count_from_one_and_each_set_has_its_line(draw):
    figure = training(history(3, **{"val/loss": [3.0, 2.0, 1.0]}))
    words = draw(figure)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert set(lines) == {"train", "test", "val"}
    assert lines["val"].get_xdata().tolist() == [1, 2, 3]
    assert lines["val"].get_ydata().tolist() == [3, 2, 1]
    assert len({line.get_linestyle() for line in lines.values()}) == 3
    assert "synthetic" not in words


def test_a_bad_first_epoch_does_not_flatten_the_others(draw):
    accuracy = [0.5, *np.linspace(0.998, 0.999, 9)]
    figure = training(history(10, **{"train/accuracy": accuracy, "test/accuracy": accuracy}))
    low, high = figure.axes[2].get_ylim()
    assert 0.99 < low < 0.998
    assert 0.999 < high < 1
    assert "below the axis: epoch 1,\ndown to 0.500" in draw(figure)


def test_not_measured(draw):
    nan = {f"{s}/{m}": np.nan for s in ("train", "test") for m in ("loss", "dsc", "accuracy")}
    assert draw(training(history(3, **nan))).count("not measured") == 3


def test_synthetic_data_are_marked(draw):
    assert "synthetic data" in draw(training(history(2), synthetic=True))
