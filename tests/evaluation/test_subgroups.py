"""Numbers of groups: means over their cases alone, intervals as elsewhere, missed lungs counted."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t

from lungseg.evaluation.groupings import Grouping
from lungseg.evaluation.subgroups import subgroups, subgroups_frame
from lungseg.metrics.cases import case_row

SEX = Grouping("sex", ("F", "M", "unknown"), {"a": "F", "b": "F", "c": "F", "d": "M"})


def row(wrong):
    """Two lungs of 40 voxels, with some of the right one predicted beside it."""
    reference = np.zeros((4, 6, 12), bool)
    reference[:, :5, 1:3] = reference[:, :5, 9:11] = True
    prediction = reference.copy()
    prediction[:, :5, 1:3] &= np.arange(5)[:, None] >= wrong
    return case_row(prediction, reference, (3.0, 1.0, 1.0)).numbers


ROWS = {"a": row(0), "b": row(1), "c": row(2), "d": row(5)}


def test_each_group_is_the_mean_of_its_cases():
    made = subgroups([SEX], ROWS, {"a": "a", "b": "a", "c": "c"})["sex"]
    assert list(made) == ["F", "M"]
    assert (made["F"]["n_cases"], made["F"]["n_patients"]) == (3, 2)
    dsc = np.array([2 * tp / (tp + 80) for tp in (80, 72, 64)])
    number = made["F"]["volume_dsc_mean"]
    assert number["value"] == pytest.approx(dsc.mean(), abs=1e-12)
    error, mean = dsc.std(ddof=1) / np.sqrt(3), dsc.mean()
    reach = 1.2 * t.ppf(0.975, 2) * error / (mean * (1 - mean))
    assert number["ci95"] == pytest.approx(expit(logit(mean) + reach * np.array([-1, 1])))


def test_a_missed_lung_counts_as_the_worst_of_its_group():
    made = subgroups([SEX], ROWS, {})["sex"]["M"]
    assert made["hd95_mm_mean"]["value"] == pytest.approx(np.linalg.norm([9, 5, 11]))
    assert made["volume_dsc_mean"]["n_missed"] == 1
    assert "ci95" not in made["volume_dsc_mean"]  # of one case


def test_the_table_has_a_row_for_each_group_of_each_set():
    part = {name: ROWS[name] for name in ("a", "d")}
    summary = {
        "test": {"subgroups": subgroups([SEX], ROWS, {})},
        "train": {"subgroups": subgroups([SEX], part, {})},
        "val": {},
    }
    frame = subgroups_frame(summary)
    assert frame[["split", "by", "group", "n_cases"]].to_numpy().tolist() == [
        ["test", "sex", "F", 3], ["test", "sex", "M", 1],
        ["train", "sex", "F", 1], ["train", "sex", "M", 1],
    ]  # fmt: skip
    number = summary["test"]["subgroups"]["sex"]["F"]["volume_dsc_mean"]
    cells = frame.iloc[0][[f"volume_dsc_mean{end}" for end in ("", "_low", "_high", "_n")]]
    assert cells.tolist() == [number["value"], *number["ci95"], 3]
    assert frame.isna().iloc[1]["volume_dsc_mean_low"]


def test_without_groups_the_table_is_empty():
    assert subgroups([], ROWS, {}) == {}
    frame = subgroups_frame({"test": {"subgroups": {}}})
    assert len(frame) == 0
    assert "group" in frame.columns
