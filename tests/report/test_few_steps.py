"""A network that lost what it had in its last epoch is said to have."""

import pandas as pd
import pytest

from lungseg.report.few_steps import few_steps

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
    lines = few_steps(history, epochs, dsc)
    assert len(lines) == is_said
    assert all("raise trainer.max_epochs" in line for line in lines)


def test_both_numbers_are_in_the_line():
    (line,) = few_steps(HISTORY, 2, 0.002)
    assert "was 0.7000 in the last epoch and is 0.0020 after it" in line
