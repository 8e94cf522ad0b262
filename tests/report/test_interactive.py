"""The plots of a large cohort: what is left out is the best, and it is said."""

import json

import numpy as np
import pandas as pd
import pytest

from lungseg.report.interactive import MOST_CASES, MOST_POINTS, heatmap, scatter


def slices(n_cases, n_slices, empty=0):
    """Cases whose DSC grows with their number; the lowest slices have no lung."""
    n = n_cases * n_slices
    case, z = np.divmod(np.arange(n), n_slices)
    lung = np.where(z < empty, 0, 100)
    return pd.DataFrame({
        "split": "test", "case": [f"case_{one:04d}" for one in case], "z": z, "tp": lung // 2,
        "fn": lung - lung // 2, "fp": 1, "tn": 900, "dsc": np.where(lung, case / n_cases, 0.0),
        "accuracy": 0.9,
    })  # fmt: skip


def test_a_small_cohort_is_shown_whole():
    table = slices(5, 10, empty=2)
    (trace,) = json.loads(scatter(table))["data"]
    assert trace["name"] == "test (n = 40)"
    empty, values = json.loads(heatmap(table))["data"]
    assert values["x"] == [f"case_{k:04d}" for k in range(5)]
    assert values["z"][0] == [None] * 5
    assert values["z"][9] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert empty["z"][1] == [1.0] * 5
    assert empty["z"][2] == [None] * 5
    for z, row in enumerate(zip(empty["customdata"], values["customdata"], strict=True)):
        for k, (without, with_lung) in enumerate(zip(*row, strict=True)):
            words, other = (without, with_lung) if z < 2 else (with_lung, without)
            assert words[:2] == [f"case_{k:04d}", z]
            assert other is None


def test_of_a_large_cohort_the_worst_are_shown():
    table = slices(1000, 130, empty=30)
    points = scatter(table)
    (trace,) = json.loads(points)["data"]
    assert trace["name"] == f"test (lowest {MOST_POINTS} of 100000)"
    assert trace["x"] == sorted(table.loc[table["z"] >= 30, "dsc"])[:MOST_POINTS]
    cells = heatmap(table.sample(frac=1, random_state=0))
    values = json.loads(cells)["data"][1]
    assert values["x"] == [f"case_{k:04d}" for k in range(MOST_CASES)]
    assert len(points) + len(cells) < 2e6
