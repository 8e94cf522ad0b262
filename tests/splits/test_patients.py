"""For every kind of split, no patient is in two sets, and no case occurs twice."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.splits import (
    Balanced,
    Explicit,
    Fraction,
    FromFile,
    KFold,
    LeaveOneOut,
    LeaveOneSiteOut,
    Positions,
)
from lungseg.splits.file import describe
from tests.splits.cohorts import random_cohort


@st.composite
def cohorts(draw):
    n = draw(st.integers(3, 9))
    whose = draw(st.lists(st.integers(0, n), min_size=n, max_size=n))
    # As the cohort labels them: by the patient's first case; some are left unlabelled.
    labels = {}
    for i, patient in enumerate(whose):
        if patient:
            labels[f"Case_{i:03d}"] = f"Case_{whose.index(patient):03d}"
    return random_cohort(n, draw(st.integers(0, 99)), labels)


numbers = st.integers(0, 3)
MAKERS = {
    "explicit": lambda d, c: Explicit(
        test=d(st.lists(st.sampled_from(c.names), min_size=1, unique=True))
    ),
    "positions": lambda d, c: Positions(test=[d(st.integers(0, len(c.names) - 1))]),
    "fraction": lambda d, c: Fraction(test=d(st.integers(1, 3)), val=d(numbers), seed=d(numbers)),
    "balanced": lambda d, c: Balanced(test=d(st.integers(1, 3)), val=d(numbers)),
    "kfold": lambda d, c: KFold(k=d(st.integers(2, 4)), fold=d(st.integers(0, 1)), val=d(numbers)),
    "leave_one_out": lambda d, c: LeaveOneOut(fold=d(numbers), val=d(numbers)),
    "loso": lambda d, c: LeaveOneSiteOut(
        by=d(st.sampled_from(["scanner", "sex"])), site=d(st.sampled_from("ABCFM")), val=d(numbers)
    ),
}


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data(), cohort=cohorts())
def test_no_patient_is_in_two_sets(kind, data, cohort):
    try:
        split = MAKERS[kind](data.draw, cohort)(cohort)
    except ConfigError:
        return
    sets = split.sets()
    for name, cases in sets.items():
        mine = {cohort.patients.get(case, case) for case in cases}
        for other, others in sets.items():
            if other != name:
                assert not mine & {cohort.patients.get(case, case) for case in others}
    assert sorted(case for cases in sets.values() for case in cases) == sorted(cohort.names)


def test_a_file_that_divides_a_patient_is_refused(tmp_path):
    cohort = random_cohort(4)
    split = Explicit(test=["Case_003"])(cohort)
    (tmp_path / "split.json").write_text(json.dumps(describe(split, cohort, {})))
    known = Cohort("", cohort.cases, {"Case_000": "Case_000", "Case_003": "Case_000"})
    with pytest.raises(
        ConfigError, match=r"Case_000 \(train\) and Case_003 \(test\) belong to one"
    ):
        FromFile(file=str(tmp_path / "split.json"))(known)
