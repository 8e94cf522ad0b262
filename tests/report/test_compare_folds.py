"""Folds of a single setting: one line on what to do, not groups that do not compare."""

import pytest

from lungseg.report.caveats import alarms, folds
from lungseg.report.comparison import compare
from tests.report.compare_tab import write
from tests.report.fake_runs import config, said, write_run

NAMES = [f"Case_{k:03d}" for k in range(6)]


def fold(number, value=0.5, test=None, seed=0, **more):
    """Arguments of a run that was tested on two of six cases."""
    test = test or NAMES[2 * number : 2 * number + 2]
    split = {"_target_": "lungseg.splits.KFold", "k": 3, "fold": number, "seed": seed}
    sets = {"train": [name for name in NAMES if name not in test], "test": test}
    return {"settings": config(loss__alpha=value, split=split), "sets": sets, **more}


def test_one_line_says_what_to_do(runs):
    found = compare(runs(fold(0), fold(1), fold(2)))
    assert folds(found) == {"A": 0, "B": 1, "C": 2}
    (line,) = alarms(found)
    assert line.startswith("Cross-validation, 3 folds: each is tested on other cases")
    assert "lungseg pool makes one result of the folds of a setting" in line
    assert "Group B differs" not in said(found)


def test_in_a_set_where_cases_recur_settings_are_compared_within_each_fold(runs):
    made = runs(*(fold(k, value) for k in range(3) for value in (0.2, 0.8)))
    found = compare(made, set_name="train")
    assert list(folds(found).values()) == [0, 1, 2]
    assert [pair.a.group for pair in found.pairs] == ["A", "B", "C"]


@pytest.mark.parametrize(
    "other",
    [
        fold(1, cohort="b" * 64),
        fold(1, threshold=0.4),
        fold(1, test=NAMES[1:3]),  # a case of fold 0 again
        fold(0, test=NAMES[2:4], seed=1),  # the same fold of another partition
    ],
    ids=["cohort", "threshold", "overlap", "seed"],
)
def test_what_is_no_cross_validation_is_not_called_one(runs, other):
    found = compare(runs(fold(0), other))
    assert folds(found) == {}
    assert "Not comparable: the runs fall into 2 groups" in alarms(found)[0]
    assert "Group B differs from A in" in said(found)


def test_the_page_names_folds(tmp_path, open_tab):
    for number in range(3):
        write_run(tmp_path / str(number), chance=number, **fold(number))
    write(tmp_path)
    tab = open_tab(tmp_path / "compare.html")
    assert tab.page.locator(".alarm").count() == 1
    options = tab.page.locator("#group option").all_inner_texts()
    assert options[1].startswith("B: fold 1, 1 run, test Case_002, Case_003"[:39])
