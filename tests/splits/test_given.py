"""Sets given by the user: complete, and refused if inconsistent."""

import pytest

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.splits import Explicit, Positions, Split
from tests.splits.cohorts import plain

TWELVE = [f"Case_{i:03d}" for i in range(12)]
COHORT = plain(TWELVE)
TWINS = Cohort("", COHORT.cases, {"Case_001": "Case_001", "Case_004": "Case_001"})


def test_the_reports_split():
    split = Positions(test=[2, 5, 10, 11])(COHORT)
    assert split.test == ["Case_002", "Case_005", "Case_010", "Case_011"]
    assert len(split.train) == 8
    assert list(split.sets()) == ["train", "test"]


def test_explicit_trains_on_the_rest_by_default():
    assert Explicit(test=TWELVE[:1], val=TWELVE[1:3])(COHORT).train == TWELVE[3:]
    assert Explicit(test=TWELVE[:1], train=TWELVE[5:6])(COHORT).train == TWELVE[5:6]


def test_all_of_a_patient_may_be_tested_or_the_rest_left_out():
    assert "Case_004" not in Explicit(test=["Case_001", "Case_004"])(TWINS).train
    left = Explicit(test=["Case_001"], train=["Case_000"])(TWINS)
    assert left.sets() == {"train": ["Case_000"], "test": ["Case_001"]}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Explicit()(COHORT), r"split.test: must be given, e.g. 'split.test=\[Case_011\]'; there are Case_000"),
        (lambda: Explicit(test="Case_001"), "split.test=Case_001: must be a list"),
        (lambda: Explicit(test=["Case_099"])(COHORT), r"split.test: no case 'Case_099'; did you mean Case_009\? There are Case_000"),
        (lambda: Explicit(test=["Case_001"], val=["Case_001"])(COHORT), "Case_001 is listed twice .in val and test"),
        (lambda: Explicit(test=TWELVE)(COHORT), "no case is left for train"),
        (lambda: Explicit(test=[])(COHORT), "no case is left for test"),
        (lambda: Explicit(test=["Case_001"])(TWINS), r"Case_004 \(train\) and Case_001 \(test\) belong to one patient"),
        (lambda: Explicit(test=["Case_001"], val=["Case_004"])(TWINS), r"Case_004 \(val\) and Case_001 \(test\) belong to"),
        (lambda: Positions(test=[4])(TWINS), r"Case_001 \(train\) and Case_004 \(test\) belong to one patient"),
        (lambda: Positions(test=[2, 5])(plain(TWELVE[:3])), "position 5: the cohort has 3 cases, positions 0 to 2"),
        (lambda: Positions(test=["Case_001"])(COHORT), "split.test: positions are expected, from 0 to 11; for names add split=explicit"),
        (lambda: Positions(test=["Case_01"])(COHORT), r"split.test: no case 'Case_01'; did you mean Case_0\d1\? There are Case_000"),
        (lambda: Positions(test=[0], val=["lung_999"])(COHORT), "split.val: no case 'lung_999'; there are Case_000"),
        (lambda: Split(train=["a", "a"], test=["b"]), "a is listed twice .in train"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
