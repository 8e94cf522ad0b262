"""Who trained and who tested in a cross-validation, and by what the folds were made."""

import pytest

from lungseg.report.paper import settings_table
from lungseg.report.paper.answers import ANSWERS
from lungseg.report.paper.folds import division, sizes
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.methods_data import data
from lungseg.report.paper.prose import as_plain
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import write_pool, write_run

OUT = ("split=leave_one_out", "split.fold=0")


def source_of(folder):
    return Source(1, read_run(folder, "run"), Ledger())


def folds(*counts):
    """The record of each fold, by its cases of training, validation and test."""
    return [{"fold": str(k), "n_train": train, "n_val": val, "n_test": test}
            for k, (train, val, test) in enumerate(counts)]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([(3, 0, 1)] * 4, "trained on the other 3 cases; none were kept apart for validation."),
        ([(2, 1, 1)] * 4, "on 2 of the cases that it was not tested on; 1 further case was its"),
        ([(1, 0, 3), (3, 0, 1)], "trained on the other 1 to 3 cases; none"),
    ],
)
def test_all_others_are_called_so(tmp_path, counts, said):
    source = source_of(write_pool(tmp_path / "pool", each=folds(*counts)))
    assert said in sizes(source)


def test_leaving_one_out_balances_nothing_but_a_validation_set(tmp_path):
    without = source_of(write_pool(tmp_path / "a", *OUT, each=folds(*[(3, 0, 1)] * 4)))
    assert as_plain(division(without)) == "leaving one patient out"
    study = Study([without], ["run 1"], ["run 1"], None, without.ledger, "7")
    for text in (data(study).text, ANSWERS["partition"](study).text):
        assert "balance" not in as_plain(text)
    assert "split.balance" not in [key for key, *_ in settings_table.rows(study)]
    chosen = source_of(write_pool(tmp_path / "b", *OUT, each=folds(*[(2, 1, 1)] * 4)))
    told = "(balance empty_share, positive_share, sex, seed 0)"
    assert as_plain(division(chosen)) == f"leaving one patient out {told}"


def test_other_splits_balance_their_test_sets(tmp_path):
    source = source_of(write_run(tmp_path / "run", "split=balanced"))
    assert "balance empty_share" in as_plain(division(source))
