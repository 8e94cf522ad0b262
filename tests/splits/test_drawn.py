"""Draws depend on names and seed alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lungseg.errors import ConfigError
from lungseg.splits import Fraction
from tests.splits.cohorts import plain

TWELVE = plain([f"Case_{i:03d}" for i in range(12)])


@given(
    n=st.integers(2, 40),
    test=st.floats(0.01, 0.6),
    val=st.floats(0, 0.3),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_a_partition_that_depends_on_names_and_seed_alone(n, test, val, seed, data):
    names = [f"c{i}" for i in range(n)]
    try:
        split = Fraction(test=test, val=val, seed=seed)(plain(names))
    except ConfigError:
        assert max(1, round(test * n)) + max(1, round(val * n)) >= n
        return
    assert sorted(split.train + split.val + split.test) == sorted(names)
    assert len(split.test) == max(1, round(test * n))
    shuffled = plain(data.draw(st.permutations(names)))
    again = Fraction(test=test, val=val, seed=seed)(shuffled)
    assert (again.test, again.val) == (split.test, split.val)


def test_the_draw_is_that_of_plain_names():
    """Splits of earlier runs, drawn when every case was a patient, stay what they were."""
    drawn = random.Random(5).sample(sorted(TWELVE.names), 5)
    split = Fraction(test=0.25, val=0.2, seed=5)(TWELVE)
    assert (split.test, split.val) == (sorted(drawn[:3]), sorted(drawn[3:]))


def test_seeds_differ():
    assert len({tuple(Fraction(test=0.3, seed=seed)(TWELVE).test) for seed in range(10)}) > 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Fraction(test=1.5), "split.test: must be a share of the patients from 0 to 1, .* got 1.5"),
        (lambda: Fraction(test="half"), "got 'half'"),
        (lambda: Fraction(test=True), "got True"),
        (lambda: Fraction(test=float("nan")), "got nan"),
        (lambda: Fraction(test=0), "split.test=0: must not be 0"),
        (lambda: Fraction(test=0.3, val=-1), "split.val: must be .* got -1"),
        (lambda: Fraction(test=0.5, val=0.5)(plain(["a", "b"])), "leave none for training"),
        (lambda: Fraction(test=12)(TWELVE), "12 test and 0 validation patients of 12 leave none"),
    ],
)  # fmt: skip
def test_refusals(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
