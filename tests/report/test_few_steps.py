"""A network that lost what it had in its last epoch is said to have lost it."""

import pandas as pd
import pytest
from torch import nn

from lungseg.report.few_steps import averages_of, few_steps

HISTORY = pd.DataFrame({"epoch": [0, 1], "train/dsc": [0.2, 0.7]})


@pytest.mark.parametrize(
    ("history", "epochs", "dsc", "is_said"),
    [
        (HISTORY, 2, 0.0, True),
        (HISTORY, 2, 0.59, True),
        (HISTORY, 2, 0.61, False),
        (HISTORY, 2, 0.9, False),
        (HISTORY, 1, 0.15, False),  # best.ckpt, of the first epoch
        (HISTORY, 1, 0.05, True),
        (HISTORY, 7, 0.0, False),  # resumed elsewhere: nothing is known of that epoch
        (HISTORY, 2, None, False),  # no lung in the training set
        (HISTORY.assign(**{"train/dsc": float("nan")}), 2, 0.0, False),
        (HISTORY[["epoch"]], 2, 0.0, False),
        (None, 2, 0.0, False),
    ],
)
def test_when_it_is_said(history, epochs, dsc, is_said):
    assert len(few_steps(history, epochs, dsc, [])) == is_said


def test_both_numbers_are_in_the_line_and_why_where_it_is_known():
    (line,) = few_steps(HISTORY, 2, 0.002, [])
    assert line.endswith("was 0.7000 in epoch 2 and is 0.0020 after it.")
    (line,) = few_steps(HISTORY, 2, 0.002, ["a", "b"])
    assert "averages over many steps (a and b)" in line


def test_what_is_averaged():
    batch, group = nn.Sequential(nn.BatchNorm2d(2)), nn.Sequential(nn.GroupNorm(1, 2))
    assert averages_of(group, {"checkpoint": {}}) == []
    assert averages_of(batch, {"checkpoint": {}}) == ["the statistics of batch norm"]
    assert averages_of(group, {"ema": {}}) == ["the weights, by callbacks.ema"]
    assert len(averages_of(batch, {"swa": {}})) == 2
