from lungseg.data.cohort import Cohort
from lungseg.splits import Explicit, KFold, LeaveOneOut, LeaveOneSiteOut
from lungseg.splits.every_fold import every_fold
from tests.splits.cohorts import case, plain, random_cohort


def sets_tested(splitter, cohort):
    return [split.test for split in every_fold(splitter, cohort)]


def test_every_case_of_a_cross_validation_is_tested_once():
    cohort = random_cohort(11)
    folds = sets_tested(KFold(k=4, fold=2), cohort)
    assert len(folds) == 4
    assert sorted(case for fold in folds for case in fold) == sorted(cohort.names)
    assert folds == [KFold(k=4, fold=k)(cohort).test for k in range(4)]


def test_one_fold_for_each_patient():
    cohort = random_cohort(4, patients={"Case_000": "Case_000", "Case_001": "Case_000"})
    assert sets_tested(LeaveOneOut(), cohort) == [
        ["Case_000", "Case_001"],
        ["Case_002"],
        ["Case_003"],
    ]


def test_other_splits_are_one():
    assert sets_tested(Explicit(test=["a"]), plain(["a", "b"])) == [["a"]]


def test_one_fold_for_each_site_unless_one_is_named():
    scanners = {"a": "X", "b": "Y", "c": "X", "d": "Z"}
    cohort = Cohort("", {name: case(10, 4, scanner=one) for name, one in scanners.items()}, {})
    assert sets_tested(LeaveOneSiteOut(), cohort) == [["a", "c"], ["b"], ["d"]]
    assert sets_tested(LeaveOneSiteOut(site="Y"), cohort) == [["b"]]
