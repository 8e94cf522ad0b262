"""The test set is a whole site that is not in the training set."""

import pytest

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.splits import LeaveOneSiteOut
from tests.splits.cohorts import case


def cohort(scanners, patients=None):
    cases = {name: case(10, 4, scanner=scanner) for name, scanner in scanners.items()}
    return Cohort("", cases, patients or {})


THREE = cohort({"a": "X", "b": "Y 2", "c": "X", "d": "Z", "e": "Z"})


def test_sites_are_whole_and_cover_the_cohort():
    tests = {site: LeaveOneSiteOut(site=site)(THREE).test for site in ("X", "Y 2", "Z")}
    assert tests == {"X": ["a", "c"], "Y 2": ["b"], "Z": ["d", "e"]}
    assert len(LeaveOneSiteOut(site="X", val=1)(THREE).val) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeaveOneSiteOut()(THREE), "split.site: must be given; by scanner there are 'X', 'Y 2', 'Z'"),
        (lambda: LeaveOneSiteOut(site="W")(THREE), "split.site=W: no such scanner; there are 'X', 'Y 2', 'Z'"),
        (lambda: LeaveOneSiteOut(site="X")(cohort({"a": "X", "b": ""})), "split.by=scanner: not known for b"),
        (lambda: LeaveOneSiteOut(site="X")(cohort({"a": "X", "b": "X"})), "all cases are from 'X'; none is left for training"),
        (
            lambda: LeaveOneSiteOut(site="X")(cohort({"a": "X", "b": "Y"}, {"a": "a", "b": "a"})),
            "a and b belong to one patient, at two sites: 'X' and 'Y'",
        ),
        (lambda: LeaveOneSiteOut(site="X", val=3)(THREE), "2 test and 3 validation patients of 5 leave none"),
        (lambda: LeaveOneSiteOut(by="town", site="X")(THREE), "split.by=town: no such label; there are sex, scanner; split.table"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
