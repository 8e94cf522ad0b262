"""What the results say beside a number: what it counts, on what it rests, what is possible."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from lungseg.report.paper import headline, results, sets
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.prose import as_plain
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import cohort, write_run

NAMES = ["Case_002", "Case_003"]
"""Of the two test cases."""


@pytest.fixture
def folder(tmp_path):
    return write_run(tmp_path / "run")


def study_of(folder, cohort=None):
    source = Source(1, read_run(folder, "run"), Ledger())
    return Study([source], ["run 1"], ["run 1 (seed 0)"], cohort, source.ledger, "7")


def change(folder, **columns):
    """Other values of the test cases in ``cases.csv``."""
    file = folder / "evaluation" / "cases.csv"
    cases = pd.read_csv(file)
    for name, values in columns.items():
        cases.loc[cases["split"] == "test", name] = values
    cases.to_csv(file, index=False)


def rewrite(folder, key, **values):
    """Other parts of a number of the test set in ``summary.json``."""
    file = folder / "evaluation" / "summary.json"
    summary = json.loads(file.read_text())
    summary["test"][key] |= values
    file.write_text(json.dumps(summary))


def rows(folder):
    """Cells of the table of the test set, by name of the number."""
    text = results.results_tex(study_of(folder)).partition("tab:results-1-train")[0]
    found = re.findall(r"^\\quad (.*?) & (.*?) & (.*?) & (.*?) \\\\", text, re.MULTILINE)
    return {name: cells for name, *cells in reversed(found)}  # of both lungs, which come first


def test_the_sentence_is_whole_and_says_what_n_counts(folder):
    text = as_plain(headline.summary(study_of(folder)))
    start = "Run 1 (seed 0) was evaluated on 2 test cases (24 slices, 6 of them without lung): the"
    assert f"{start} mean DSC of the volume was 0.9000" in text
    assert re.search(r", and the mean DSC of slices with lung was .*; n = 18 slices of 2 cases\)\.",
                     text)  # fmt: skip


def test_cases_without_lung_carry_no_interval_of_slices_with_lung(folder):
    change(folder, tp=[9, 0], fn=[1, 0])
    assert "n = 18 slices of 1 case)" in as_plain(headline.summary(study_of(folder)))


def test_the_ends_of_hd95_stand_beside_its_mean(folder):
    change(folder, hd95_mm=[93.123, 6.0])
    text = as_plain(headline.summary(study_of(folder)))
    assert "; lowest 6.00 mm in Case_003, highest 93.12 mm in Case_002)" in text


def test_a_single_distance_has_no_ends(folder):
    change(folder, hd95_mm=[93.123, np.nan])
    assert "lowest" not in as_plain(headline.summary(study_of(folder)))


def test_each_n_has_a_unit_and_the_mean_of_all_slices_its_limit(folder):
    """6 of 24 slices have no lung and a DSC of 0: the mean cannot exceed 18 / 24."""
    found = rows(folder)
    assert found["mean accuracy"][2] == "24 slices"
    assert found["mean DSC, all slices (at most 0.7500)"][2] == "24 slices"
    assert found["share with accuracy 1"][2] == "6 slices"
    assert found["specificity"][2].endswith(" pixels")
    assert found["HD95, mm"][2] == "2 cases"


def test_without_that_convention_there_is_no_limit(tmp_path):
    evaluation = {"file": "last.ckpt", "epochs": 2, "threshold": 0.5, "empty_dsc": "one"}
    assert "mean DSC, all slices" in rows(write_run(tmp_path / "run", evaluation=evaluation))


def test_marks_are_explained_where_they_occur(folder):
    change(folder, left_hd95_mm=1.0)
    study = study_of(folder)
    assert "issed:" not in results.results_tex(study)
    assert "dash" not in results.cases_tex(study)
    change(folder, left_hd95_mm=[1.0, np.nan])
    rewrite(folder, "volume_dsc_mean", n_missed=1)
    study = study_of(folder)
    assert "Missed: lungs of which nothing was found" in results.results_tex(study)
    assert "A dash: undefined" in results.cases_tex(study)


def test_ranges_and_intervals_of_the_data_are_explained_where_they_occur(folder):
    study = study_of(folder, cohort())  # 3 to 6 mm between slices
    text = sets.data_tex(study, sets.rows(study))
    assert "Spacings from the lowest to the highest." in text
    study = study_of(folder)
    content = [
        [*row[:1], *(cell.partition(" (")[0] for cell in row[1:])] for row in sets.rows(study)
    ]
    text = sets.data_tex(study, content)
    assert "lowest" not in text
    assert "interval" not in text
