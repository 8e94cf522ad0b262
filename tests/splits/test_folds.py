"""Folds: every patient tested once, the same folds for every job, and as balanced as possible."""

import time

import pytest

from lungseg.errors import ConfigError
from lungseg.splits import KFold, LeaveOneOut, local_search
from tests.splits.cohorts import plain, random_cohort
from tests.splits.test_balanced import unevenness


@pytest.mark.parametrize(("n", "k"), [(12, 3), (11, 4), (5, 4), (26, 3)])
def test_every_patient_is_tested_once(n, k):
    cohort = random_cohort(n, n, {"Case_000": "Case_000", "Case_004": "Case_000"})
    splits = [KFold(k=k, fold=fold)(cohort) for fold in range(k)]
    assert sorted(case for split in splits for case in split.test) == cohort.names
    sizes = [len({cohort.patients.get(c, c) for c in split.test}) for split in splits]
    assert max(sizes) - min(sizes) <= 1


def test_folds_are_as_even_as_can_be():
    """Six patients in three folds: 15 ways, each in its own order."""
    cohort = random_cohort(6, 8)
    names = cohort.names
    ways = [
        (
            [names[0], a],
            [b, c],
            [n for n in names[1:] if n not in (a, b, c)],
        )
        for a in names[1:]
        for b in names[1:]
        for c in names[1:]
        if len({a, b, c}) == 3
    ]
    folds = [KFold(k=3, fold=fold)(cohort) for fold in range(3)]
    assert folds[0].balance.value == pytest.approx(min(unevenness(cohort, *way) for way in ways))
    assert unevenness(cohort, *(fold.test for fold in folds)) == pytest.approx(
        folds[0].balance.value
    )


def test_a_validation_set_comes_from_the_other_folds_and_moves_no_fold():
    cohort = random_cohort(12, 2)
    for fold in range(3):
        plain_one, with_val = KFold(k=3, fold=fold)(cohort), KFold(k=3, fold=fold, val=0.2)(cohort)
        assert with_val.test == plain_one.test
        assert len(with_val.val) == 2
        assert sorted(with_val.train + with_val.val) == sorted(plain_one.train)


def test_leave_one_out_tests_a_patient_with_all_cases():
    cohort = random_cohort(5, 1, {"Case_001": "Case_001", "Case_003": "Case_001"})
    tests = [LeaveOneOut(fold=fold)(cohort).test for fold in range(4)]
    assert tests == [["Case_000"], ["Case_001", "Case_003"], ["Case_002"], ["Case_004"]]
    assert len(LeaveOneOut(fold=1, val=1)(cohort).val) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KFold(k=1), "split.k=1: must be a whole number, 2 or more"),
        (lambda: KFold(k=2.5), "split.k=2.5: must be a whole number"),
        (lambda: KFold(k=5, fold=5), r"split.fold=5: must be a whole number from 0 to 4 \(split.k=5\)"),
        (lambda: KFold(k=5, fold=-1), "split.fold=-1: must be a whole number from 0 to 4"),
        (lambda: KFold(k=5)(plain("abc")), "split.k=5: more folds than patients, of whom there are 3"),
        (lambda: KFold(k=2, val=2)(plain("abcd")), "2 test and 2 validation patients of 4 leave none"),
        (lambda: LeaveOneOut(fold=-1), "split.fold=-1: must be a whole number, 0 or more"),
        (lambda: LeaveOneOut(fold=3)(plain("abc")), "split.fold=3: there are 3 patients, folds 0 to 2"),
        (lambda: LeaveOneOut()(plain("a")), "leave none for training"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize(("n", "k"), [(9, 9), (140, 140), (1100, 1100), (141, 140)])
def test_as_many_folds_as_patients_or_nearly(n, k):
    """More folds than a byte can count, and more ways to name them than can be tried."""
    cohort = random_cohort(n, 5)
    began = time.process_time()
    split = KFold(k=k, fold=k - 1)(cohort)
    assert time.process_time() - began < 10
    found = KFold(k=k).find(cohort, [n // k + (fold < n % k) for fold in range(k)], cohort.names)
    assert sorted(case for fold in found.sets for case in fold) == sorted(cohort.names)
    assert found.sets[k - 1] == split.test
    assert split.balance.value >= 0  # no NaN


def test_a_search_for_more_folds_than_a_byte_counts(monkeypatch):
    monkeypatch.setattr(local_search, "KICKS", 1)
    monkeypatch.setattr(local_search, "STARTS", 1)
    cohort = random_cohort(140, 5)
    split = KFold(k=130, fold=129)(cohort)
    assert "search" in split.balance.how
    assert len(split.test) == 1
    assert split.balance.value >= 0
