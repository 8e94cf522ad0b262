"""A split read from a file equals the one that was written, for the same cases."""

import json

import pytest

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.files import write_json
from lungseg.splits import Balanced, Explicit, FromFile
from lungseg.splits.file import NAME, describe, read_balance, read_split
from tests.splits.cohorts import case, random_cohort

COHORT = random_cohort(8, 1)


@pytest.fixture
def saved(tmp_path):
    def write(content):
        file = tmp_path / "split.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return FromFile(file=str(file))

    return write


@pytest.mark.parametrize(
    "make", [Balanced(test=2, val=1), Explicit(test=["Case_003"], train=["Case_000"])]
)
def test_round_trip(make, saved):
    split = make(COHORT)
    again = saved(describe(split, COHORT, {"seed": 0}))(COHORT)
    assert again.sets() == split.sets()
    assert again.notes == ()


def test_a_run_records_which_cases_share_a_patient(saved, tmp_path):
    cohort = Cohort("", COHORT.cases, {"Case_001": "Case_000"})
    write_json(tmp_path / NAME, describe(Explicit(test=["Case_003"])(cohort), cohort, {}))
    patients = read_split(tmp_path)["patients"]
    assert list(patients) == COHORT.names
    assert [case for case in patients if patients[case] != case] == ["Case_001"]
    assert read_split(tmp_path / "nowhere") == {}


def test_other_voxels_under_the_same_names_are_reported(saved):
    split = Explicit(test=["Case_003"])(COHORT)
    changed = Cohort("", COHORT.cases | {"Case_001": case(7, 3)})
    (note,) = saved(describe(split, COHORT, {}))(changed).notes
    assert "changed since it was made" in note


def test_one_written_by_hand(saved):
    sets = {"train": COHORT.names[:6], "test": COHORT.names[6:]}
    assert saved({"sets": sets})(COHORT).sets() == sets


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ([], "must contain"),
        ({"train": []}, "must contain"),
        ({"sets": {"train": "Case_000"}}, "must contain"),
        ({"sets": {"training": ["Case_000"]}}, "must contain"),
        ({"sets": {"train": COHORT.names[:7], "test": ["Case_099"]}}, "not in this cohort: Case_099"),
        ({"sets": {"train": COHORT.names[:5], "test": ["Case_005"]}}, "does not contain these cases: Case_006, Case_007"),
        ({"sets": {"train": COHORT.names, "test": ["Case_005"]}}, r"Case_005 is listed twice \(in train and test\)"),
        ({"sets": {"train": COHORT.names}}, "no case is left for test"),
    ],
)  # fmt: skip
def test_refusals(content, message, saved):
    with pytest.raises(ConfigError, match=message):
        saved(content)(COHORT)


def test_no_file(tmp_path):
    with pytest.raises(ConfigError, match="split.file: must be given"):
        FromFile()
    with pytest.raises(ConfigError, match="split.file: no such file"):
        FromFile(file=str(tmp_path / "nowhere.json"))(COHORT)


def test_the_table_of_balance_is_read_back_for_the_sets_it_was_made_of(tmp_path):
    cohort = random_cohort(8, 1)
    split = Balanced(test=2)(cohort)
    assert read_balance(tmp_path, split.sets()) is None
    write_json(tmp_path / NAME, describe(split, cohort, {}))
    assert read_balance(tmp_path, split.sets()) == split.balance.to_dict()
    assert read_balance(tmp_path, {"train": split.test, "test": split.train}) is None
    left = json.loads((tmp_path / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps(left | {"balance": None}))
    assert read_balance(tmp_path, split.sets()) is None
    (tmp_path / NAME).write_text('{"sets"')
    assert read_balance(tmp_path, split.sets()) is None
