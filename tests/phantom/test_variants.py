"""The irregularities of twelve cases."""

from __future__ import annotations

from lungseg.phantom import make_case


def test_six_women_and_six_men(cases):
    assert sorted(case.sex for case in cases) == ["F"] * 6 + ["M"] * 6


def test_orders_of_names_and_numbers_are_paired_in_twelve_ways(cases):
    assert len({(case.plant.name_order, case.plant.instance_order) for case in cases}) == 12


def test_variants_repeat_after_twelve(cases):
    again = make_case(12, size=32, n_slices=12)
    assert again.plant == cases[0].plant
    assert again.sex == cases[0].sex
    assert again.spacing != cases[0].spacing
