"""The balance table of a run, found again for its report."""

import json

from lungseg.apps.split import read_balance

from lungseg.files import write_json
from lungseg.splits import Balanced
from lungseg.splits.file import NAME, describe
from tests.splits.cohorts import random_cohort


def test_it_is_what_the_run_left_and_of_its_own_sets_only(tmp_path):
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
