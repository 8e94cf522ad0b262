"""Tables as data frames and CSV."""

import csv

import numpy as np
import pandas as pd

from lungseg.evaluation.tables import curve_frame, slices_frame, thin, write_csv
from lungseg.metrics.curves import Curve


def test_slices_by_hand(tmp_path):
    tables = {"train": np.array([[1, 0, 3, 1, 1, 5]]), "test": np.array([[0, 4, 0, 0, 0, 10]])}
    frame = slices_frame(tables, ["A", "B"], "nan")
    write_csv(tmp_path / "slices.csv", frame)
    with (tmp_path / "slices.csv").open() as file:
        first, second = csv.DictReader(file)
    assert first == {
        "split": "train", "case": "B", "z": "0", "tp": "3", "fp": "1", "fn": "1", "tn": "5",
        "mask_fraction": "0.4", "dsc": "0.75", "accuracy": "0.8",
    }  # fmt: skip
    assert second["case"] == "A"
    assert second["dsc"] == ""


def test_thinning_keeps_the_shape_of_a_curve():
    tp = np.sort(np.random.default_rng(0).integers(1, 10**6, 50_000))
    fp = np.arange(50_000)
    curve = Curve(np.linspace(1, 0, 50_000), tp, fp, positives=10**6, negatives=10**7)
    whole = curve_frame(curve)
    thinned = thin(whole)
    assert len(thinned) < 10_000
    assert thinned.index[0] == 0
    for name in ("precision", "recall"):
        back = np.interp(-whole["threshold"], -thinned["threshold"], thinned[name])
        assert np.abs(back - whole[name]).max() < 2e-3


def test_csv_replaces_in_one_step(tmp_path):
    file = tmp_path / "table.csv"
    for value in (1, 2):
        write_csv(file, pd.DataFrame({"a": [value]}))
    assert file.read_text() == "a\n2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
