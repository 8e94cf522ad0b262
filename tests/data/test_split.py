"""Splits are by case, complete, and refuse what cannot be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lungseg.data.split import Split, explicit, fraction, positions
from lungseg.errors import ConfigError

TWELVE = [f"Case_{i:03d}" for i in range(12)]


def test_the_reports_split():
    split = positions(TWELVE, test=[2, 5, 10, 11])
    assert split.test == ["Case_002", "Case_005", "Case_010", "Case_011"]
    assert len(split.train) == 8
    assert list(split.sets()) == ["train", "test"]


def test_explicit_takes_the_rest_for_training_unless_told():
    assert explicit(TWELVE, test=TWELVE[:1], val=TWELVE[1:3]).train == TWELVE[3:]
    assert explicit(TWELVE, test=TWELVE[:1], train=TWELVE[5:6]).train == TWELVE[5:6]


@given(
    n=st.integers(2, 40),
    test=st.floats(0.01, 0.6),
    val=st.floats(0, 0.3),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_fraction_is_a_partition_that_depends_on_names_and_seed_alone(n, test, val, seed, data):
    names = [f"c{i}" for i in range(n)]
    try:
        split = fraction(names, test=test, val=val, seed=seed)
    except ConfigError:
        assert max(1, round(test * n)) + max(1, round(val * n)) >= n
        return
    assert sorted(split.train + split.val + split.test) == sorted(names)
    assert len(split.test) == max(1, round(test * n))
    again = fraction(data.draw(st.permutations(names)), test=test, val=val, seed=seed)
    assert (again.test, again.val) == (split.test, split.val)


def test_seeds_differ():
    assert len({tuple(fraction(TWELVE, test=0.3, seed=seed).test) for seed in range(10)}) > 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: explicit(TWELVE, test=["Case_099"]), r"split.test: no case 'Case_099'; there are Case_000"),
        (lambda: explicit(TWELVE, test=["Case_001"], val=["Case_001"]), "Case_001 is listed twice .in val and test"),
        (lambda: explicit(TWELVE, test=TWELVE), "no case is left for train"),
        (lambda: explicit(TWELVE, test=[]), "no case is left for test"),
        (lambda: positions(TWELVE[:3], test=[2, 5]), "position 5: the cohort has 3 cases, positions 0 to 2"),
        (lambda: positions(TWELVE, test=["Case_001"]), "no case at position 'Case_001'"),
        (lambda: fraction(TWELVE, test=1.5), "share of the cases from 0 to 1, got 1.5"),
        (lambda: fraction(TWELVE, test="half"), "got 'half'"),
        (lambda: fraction(TWELVE[:2], test=0.5, val=0.5), "leave none to train"),
        (lambda: Split(train=["a", "a"], test=["b"]), "a is listed twice .in train"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
