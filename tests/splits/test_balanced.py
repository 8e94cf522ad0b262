"""The most balanced split: against an independent enumeration, the report's split, and random ones."""

from itertools import combinations, permutations
from statistics import mean, pvariance

import pytest

from lungseg.errors import ConfigError
from lungseg.splits import Balanced, Fraction, Positions
from lungseg.splits.balance import balance_of
from lungseg.splits.covariates import covariates
from lungseg.splits.even import DEFAULT
from lungseg.splits.exhaustive import assignments, count, exhaustive
from lungseg.splits.local_search import local_search
from lungseg.splits.objective import Objective
from tests.splits.cohorts import TESTED, case, plain, random_cohort, report_cohort


def unevenness(cohort, *sets):
    """The formula of docs/splits.md, term by term."""
    prints = {name: one["fingerprint"] for name, one in cohort.cases.items()}

    def share(cases, part, whole):
        return sum(prints[c][part] for c in cases) / sum(prints[c][whole] for c in cases)

    def female(cases):
        return mean(prints[c]["sex"] == "F" for c in cases)

    terms = [
        (lambda s: share(s, "n_empty", "n_slices"), [p["n_empty"] / p["n_slices"] for p in prints.values()]),
        (lambda s: share(s, "n_positive", "n_voxels"), [p["n_positive"] / p["n_voxels"] for p in prints.values()]),
        (female, [float(p["sex"] == "F") for p in prints.values()]),
    ]  # fmt: skip
    return sum(
        (value(a) - value(b)) ** 2 / pvariance(each)
        for value, each in terms
        for a, b in combinations(sets, 2)
    )


@pytest.mark.parametrize("seed", range(5))
def test_against_an_enumeration(seed):
    cohort = random_cohort(9, seed)
    names = cohort.names
    values = {
        test: unevenness(cohort, [n for n in names if n not in test], test)
        for test in combinations(names, 3)
    }
    split = Balanced(test=3)(cohort)
    assert tuple(split.test) == min(values, key=values.get)
    assert split.balance.value == pytest.approx(min(values.values()))


def test_three_sets_against_an_enumeration():
    cohort = random_cohort(8, 3)
    best = min(
        unevenness(cohort, test, val, [n for n in cohort.names if n not in {*test, *val}])
        for test in combinations(cohort.names, 2)
        for val in combinations([n for n in cohort.names if n not in test], 2)
    )
    split = Balanced(test=0.25, val=2)(cohort)
    assert {name: len(cases) for name, cases in split.sets().items()} == {
        "train": 4,
        "val": 2,
        "test": 2,
    }
    assert split.balance.value == pytest.approx(best)


def test_it_is_at_least_as_even_as_the_reports_split():
    cohort = report_cohort()
    theirs = balance_of(Positions(test=TESTED)(cohort).sets(), cohort, DEFAULT)
    rows = {row.name: row for row in theirs.rows}
    shares = rows["empty_share"].values
    assert {name: round(value, 5) for name, value in shares.items()} == {
        "train": 0.43696,
        "test": 0.43643,
    }
    assert rows["sex=F"].values == {"train": 0.5, "test": 0.5}

    ours = Balanced(test=4, balance=["empty_share", "sex"])(cohort)
    found = {row.name: row for row in ours.balance.rows}
    assert found["empty_share"].difference <= rows["empty_share"].difference
    assert found["sex=F"].values == {"train": 0.5, "test": 0.5}

    split = Positions(test=TESTED)(cohort)
    default = Balanced(test=4)(cohort)
    assert default.balance.value <= unevenness(cohort, split.train, split.test)
    assert default.balance.value == pytest.approx(unevenness(cohort, default.train, default.test))


def test_it_does_not_depend_on_the_order_of_the_cohort():
    cohort = random_cohort(10, 4)
    turned = type(cohort)("", dict(reversed(cohort.cases.items())))
    assert Balanced(test=3)(cohort).test == Balanced(test=3)(turned).test


def test_of_equally_even_ways_the_first_by_name_is_taken():
    split = Balanced(test=2)(plain(["d", "b", "a", "c"]))
    assert split.test == ["a", "b"]
    assert split.train == ["c", "d"]
    assert split.balance.alike == ["empty_share", "positive_share", "sex"]
    assert split.balance.value == 0


def test_every_way_is_tried_once():
    """Against all orders of the labels; ways that differ only in the labels of sets of one size
    are one."""
    for sizes in ((3, 2), (2, 2, 2), (1, 3, 1), (2, 1, 1, 2), (2, 3, 2), (1, 1, 1), (3, 1, 1, 1)):
        ways = [tuple(way) for chunk in assignments(sizes) for way in chunk.tolist()]
        assert all([way.count(k) for k in range(len(sizes))] == list(sizes) for way in ways)

        labels = [k for k, size in enumerate(sizes) for _ in range(size)]
        tried = {_parts(way) for way in ways}
        assert len(ways) == len(tried) == count(sizes)
        assert tried == {_parts(way) for way in permutations(labels)}


def _parts(way):
    return frozenset(tuple(unit for unit, k in enumerate(way) if k == label) for label in way)


def objective_of(cohort):
    units = [[i] for i in range(len(cohort.names))]
    return Objective.of(covariates(cohort, DEFAULT, None), units)


def test_the_search_finds_the_best_where_all_can_be_tried():
    hits = []
    for n, k in ((12, 4), (14, 5)):
        objective = objective_of(random_cohort(n, n))
        best = objective(exhaustive(objective, (n - k, k))[None], 2)[0]
        for seed in range(8):
            found = local_search(objective, (n - k, k), seed)
            assert (found == 1).sum() == k
            hits.append(objective(found[None], 2)[0] <= best + 1e-6)
    assert sum(hits) >= 0.95 * len(hits)


def test_the_search_is_better_than_the_lot_and_repeats_itself():
    """40 choose 8 is 77 million."""
    cohort = random_cohort(40, 1)
    drawn = [Fraction(test=8, seed=seed)(cohort) for seed in range(30)]
    luckiest = min(unevenness(cohort, split.train, split.test) for split in drawn)
    for seed in range(3):
        split = Balanced(test=8, seed=seed)(cohort)
        assert len(split.test) == 8
        assert split.balance.value == pytest.approx(unevenness(cohort, split.train, split.test))
        assert split.balance.value < luckiest
        assert f"search (split.seed={seed})" in split.balance.how
    assert Balanced(test=8, seed=2)(cohort) == split


def test_all_cases_of_a_patient_count():
    """Patients of two cases: the sizes are in patients, the shares over all slices."""
    cohort = random_cohort(8, 6, {f"Case_{i:03d}": f"Case_{i // 2 * 2:03d}" for i in range(8)})
    pairs = [cohort.names[i : i + 2] for i in range(0, 8, 2)]
    values = {
        tuple(p): unevenness(cohort, [n for n in cohort.names if n not in p], p) for p in pairs
    }
    split = Balanced(test=1)(cohort)
    assert tuple(split.test) == min(values, key=values.get)


def test_the_balance_table_by_hand():
    cohort = type(plain("a"))(
        "",
        {
            "a": case(10, 4, sex="F"),
            "b": case(30, 6, sex="M"),
            "c": case(20, 10, sex="", spacing=1),
        },
    )
    table = balance_of(
        {"train": ["a", "b"], "test": ["c"]}, cohort, ["empty_share", "sex", "spacing_z", "scanner"]
    )
    assert (table.n_cases, table.n_slices) == ({"train": 2, "test": 1}, {"train": 40, "test": 20})
    rows = {row.name: row for row in table.rows}
    assert rows["empty_share"].values == {"train": 0.25, "test": 0.5}
    assert rows["empty_share"].standardized == pytest.approx(
        0.25 / pvariance([0.4, 0.2, 0.5]) ** 0.5
    )
    assert rows["sex=F"].values == {"train": 0.5, "test": 0}
    assert rows["sex=unknown"].values == {"train": 0, "test": 1}
    assert rows["spacing_z"].values == {"train": 2.5, "test": 1}
    assert table.alike == ["scanner"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Balanced(test=0.3, balance=[]), r"split.balance=\[\]: must be a list of covariates"),
        (lambda: Balanced(test=0.3, balance="sex"), "split.balance=sex: must be a list"),
        (lambda: Balanced(test=0.3, seed=-1), "split.seed=-1: must be a whole number"),
        (lambda: Balanced(test=0.0), "split.test=0.0: must not be 0"),
        (lambda: Balanced(test=2)(plain("ab")), "2 test and 0 validation patients of 2 leave none"),
        (lambda: Balanced(test=0.5)(plain("a")), "1 test and 0 validation patients of 1 leave none"),
        (lambda: Balanced(test=1, balance=["age"])(plain("ab")), "no covariate 'age'; there are empty_share, .*; split.table=FILE.csv adds"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
