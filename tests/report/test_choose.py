"""Examples are chosen by rule: right kind, spread over cases, the same each time."""

import numpy as np
import pandas as pd
import pytest

from lungseg.report.choose import choose


def table(*rows):
    """Rows of case, z, dsc, accuracy, and whether there is lung."""
    frame = pd.DataFrame(rows, columns=["case", "z", "dsc", "accuracy", "lung"])
    return frame.assign(split="test", tp=frame["lung"].astype(int), fp=0, fn=0, tn=1)


def keys(rows):
    return list(zip(rows["case"], rows["z"], strict=True))


@pytest.mark.parametrize(
    ("kind", "zs"),
    [
        ("high", [5, 6]),
        ("intermediate", [3, 4]),
        ("low", [1, 2]),
        ("empty_perfect", [13]),
        ("empty_intermediate", [11, 12]),
        ("empty_low", [10]),
    ],
)
def test_boundaries(kind, zs):
    nan = np.nan
    rows = table(
        ("a", 1, 0.0, 0.9, True),
        ("a", 2, 0.8, 0.9, True),
        ("a", 3, np.nextafter(0.8, 1), 0.9, True),
        ("a", 4, 0.975, 0.9, True),
        ("a", 5, np.nextafter(0.975, 1), 0.9, True),
        ("a", 6, 1.0, 1.0, True),
        ("a", 10, 0.0, np.nextafter(0.999, 0), False),
        ("a", 11, 0.0, 0.999, False),
        ("a", 12, 0.0, np.nextafter(1.0, 0), False),
        ("a", 13, nan, 1.0, False),
    )
    assert sorted(choose(rows, kind, 99)["z"]) == zs


@pytest.mark.parametrize("both_empty", [0.0, 1.0, np.nan])
def test_no_convention_makes_an_empty_slice_an_example_of_a_dsc(both_empty):
    rows = table(("a", 0, both_empty, 1.0, False))
    assert all(choose(rows, kind, 1).empty for kind in ("high", "intermediate", "low"))


def test_cases_take_turns_while_positions_climb():
    rows = table(*((case, z, 0.99, 1.0, True) for case in "ba" for z in range(8)))
    # Targets: 1/8, 3/8, 5/8 and 7/8 of eight ranks, halfway between two: the lower one.
    assert keys(choose(rows, "high", 4)) == [("a", 0), ("b", 2), ("a", 4), ("b", 6)]


def test_where_cases_outnumber_examples_they_are_spread_by_name():
    rows = table(*((case, 0, 0.99, 1.0, True) for case in "fedcba"))
    assert keys(choose(rows, "high", 2)) == [("b", 0), ("e", 0)]


def test_a_case_that_runs_out_leaves_its_turns_to_the_others():
    rows = table(("a", 3, 0.99, 1, True), *(("b", z, 0.99, 1, True) for z in range(3)))
    assert keys(choose(rows, "high", 4)) == [("a", 3), ("b", 0), ("b", 1), ("b", 2)]


def test_dsc_spreads_by_rank_of_dsc_not_by_z():
    dsc = [0.7, 0.1, 0.5, 0.3]
    rows = table(*(("a", z, value, 0.9, True) for z, value in enumerate(dsc)))
    assert list(choose(rows, "low", 2)["dsc"]) == [0.1, 0.5]
    assert list(choose(rows, "low", 4)["dsc"]) == [0.1, 0.3, 0.5, 0.7]


def test_low_accuracy_starts_with_the_worst_of_the_worst_case():
    rows = table(
        ("a", 0, 0.9, 0.97, True),
        ("a", 1, 0.9, 0.96, True),
        ("b", 0, 0.0, 0.90, False),
        ("b", 1, 0.9, 0.91, True),
        ("b", 2, 0.9, 0.92, True),
        ("c", 0, 0.9, 0.99, True),
    )
    assert keys(choose(rows, "low_accuracy", 5)) == [
        ("b", 0),
        ("a", 1),
        ("c", 0),
        ("b", 1),
        ("a", 0),
    ]
    assert keys(choose(rows, "low_accuracy", 2)) == [("b", 0), ("a", 1)]


def test_ties_go_by_case_then_z_in_whatever_order_the_rows_are():
    rows = table(*((case, z, 0.5, 0.9, True) for case in "ab" for z in range(5)))
    for kind in ("low", "low_accuracy"):
        first = keys(choose(rows, kind, 4))
        assert keys(choose(rows.sample(frac=1, random_state=1), kind, 4)) == first
        assert first[0] == ("a", 0)


def test_rows_come_whole_and_once():
    rows = table(*((case, z, 0.5 + z / 100, 0.9, True) for case in "abc" for z in range(7)))
    chosen = choose(rows, "low", 10)
    assert len(chosen) == 10
    assert not chosen.index.duplicated().any()
    pd.testing.assert_frame_equal(chosen, rows.loc[chosen.index])


@pytest.mark.parametrize("n", [0, -1])
def test_none_asked_for(n):
    assert choose(table(("a", 0, 0.99, 1.0, True)), "high", n).empty


def test_no_rows_at_all():
    assert choose(table(), "low_accuracy", 3).empty


def test_repeated_labels_of_rows_do_no_harm():
    rows = table(*((case, z, 0.99, 1.0, True) for case in "ab" for z in range(4)))
    rows.index = [0] * len(rows)
    assert keys(choose(rows, "high", 2)) == [("a", 0), ("b", 2)]


def test_unknown_kind_names_it_and_the_options():
    with pytest.raises(ValueError, match=r"high, low_accuracy, .*empty_low, got 'best'"):
        choose(table(), "best", 1)
