"""Predictions that are none."""

import pandas as pd
import pytest

from lungseg.evaluation.degenerate import degenerate

COLUMNS = ["split", "case", "tp", "fp", "fn", "tn"]


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([("test", "a", 0, 0, 5, 5), ("test", "b", 0, 0, 0, 10)],
         ["The model predicts no lung at all in the test set (2 slices)."]),
        ([("test", "a", 4, 6, 0, 0), ("train", "b", 4, 0, 0, 6)],
         ["The model predicts lung in every pixel of the test set (1 slice)."]),
        ([("test", "a", 0, 0, 5, 5), ("test", "a", 0, 0, 1, 9), ("test", "b", 1, 0, 0, 9)],
         ["The model predicts no lung at all in a."]),
        ([("test", "a", 0, 0, 0, 10), ("test", "b", 1, 0, 0, 9)], []),  # no lung to be found
        ([("test", "a", 0, 0, 5, 5), ("test", "a", 1, 0, 0, 9)], []),
        ([("train", "a", 0, 0, 5, 5), ("train", "b", 1, 0, 0, 9)], []),
    ],
)  # fmt: skip
def test_what_is_said(rows, sentences):
    assert degenerate(pd.DataFrame(rows, columns=COLUMNS)) == sentences
