"""What the methods say of intervals is what was computed."""

import json

import numpy as np
import pandas as pd
import pytest

from lungseg.metrics.crossvalidation import fold_variance
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.methods_statistics import statistics
from lungseg.report.paper.prose import Cite, as_plain
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import write_pool, write_run

ADDED = "The variance due to this shared effect was estimated by an analysis of variance and added"
NOT_ADDED = "the effect of its model is part of the scatter over cases, and nothing was added for"


def text_of(folder):
    source = Source(1, read_run(folder, "run"), Ledger())
    return statistics(Study([source], ["run 1"], ["run 1"], None, source.ledger, "7")).text


@pytest.mark.parametrize(
    ("fold_of", "said", "unsaid"),
    [((0, 1, 0, 1), ADDED, NOT_ADDED), ((0, 1, 2, 3), NOT_ADDED, ADDED)],
)
def test_the_variance_of_folds_is_said_to_be_added_where_it_was(tmp_path, fold_of, said, unsaid):
    values = [0.2, 0.9, 0.1, 0.8]  # cases of a fold are alike
    assert (fold_variance(values, fold_of) > 0) == (said == ADDED)
    text = text_of(write_pool(tmp_path / "pool", fold_of=fold_of))
    assert said in as_plain(text)
    assert unsaid not in as_plain(text)
    assert (Cite("searle1992") in text) == (said == ADDED)


def test_a_single_fold_shows_no_effect(tmp_path):
    assert fold_variance([0.2, 0.9, 0.1, 0.8], [0, 0, 0, 0]) == 0
    text = as_plain(text_of(write_pool(tmp_path / "pool", fold_of=(0, 0, 0, 0))))
    assert "With a single fold, the effect of its model could not be estimated;" in text


def test_a_run_has_no_folds(tmp_path):
    assert "fold" not in as_plain(text_of(write_run(tmp_path / "run")))


def test_the_bound_of_distances_is_the_largest_diagonal_of_a_test_case(tmp_path):
    """Of 41 × 101 × 201 voxels of 3 × 1 × 2 mm; the larger case is one of the training."""
    folder = write_run(tmp_path / "run")
    file = folder / "evaluation" / "cases.csv"
    cases = pd.read_csv(file)
    diagonal = np.sqrt(120**2 + 100**2 + 400**2)  # 429.4
    of_case = {"Case_000": 900.0, "Case_001": 900.0, "Case_002": 300.0, "Case_003": diagonal}
    cases.assign(farthest_mm=cases["case"].map(of_case)).to_csv(file, index=False)
    assert "0 and the largest diagonal of the scans (429 mm in the test set) for distances" in (
        as_plain(text_of(folder))
    )
    cases.drop(columns="farthest_mm").to_csv(file, index=False)
    assert "the largest diagonal of the scans for distances" in as_plain(text_of(folder))


def test_folds_are_those_of_one_repeat(tmp_path):
    """Each case alone in its fold, twice; in the second repeat one fold is missing."""
    pool = write_pool(tmp_path / "pool", fold_of=(0, 1, 2, 3))
    file = pool / "provenance.json"
    record = json.loads(file.read_text())
    folds = record["pool"]["folds"]
    record["pool"]["folds"] = {
        case: [label, None if k == 0 else label] for k, (case, label) in enumerate(folds.items())
    }
    file.write_text(json.dumps(record))
    assert NOT_ADDED in as_plain(text_of(pool))
