"""Tables on the screen."""

import re

import pytest

from lungseg.data.cohort import Cohort
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.report.numbers import SECTIONS
from lungseg.report.results import warnings_of
from lungseg.report.screen import print_cohort, print_summary


def test_nothing_is_cut_short_on_a_narrow_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    number = {"value": 0.123456, "n": 123_456_789, "ci95": [0.1, 0.2]}
    numbers = {key: dict(number) for names in SECTIONS.values() for key in names}
    numbers["accuracy_min"] |= {"case": "A_rather_long_pseudonym_of_a_case", "z": 123}
    print_summary({"train": numbers, "val": numbers, "test": numbers}, synthetic=True)
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert shown.count("A_rather_long_pseudonym_of_a_case, slice 123") == 3
    assert shown.count("123,456,789") == 3 * len(numbers)
    assert "SYNTHETIC" in shown


@pytest.mark.parametrize("columns", [80, 130, 220])
def test_a_terminal_shows_the_test_set_first_and_no_line_is_wider(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal then
    number = {"value": 0.1234, "n": 2_310_144, "ci95": [0.1, 0.2]}
    numbers = {key: dict(number) for names in SECTIONS.values() for key in names}
    numbers["accuracy_min"] |= {"case": "Case_005", "z": 111}
    numbers["left_hd95_mm_mean"] = {"value": 123.4, "n": 4, "ci95": [5.5, 400.1], "n_missed": 1}
    print_summary({"train": numbers, "test": numbers}, synthetic=True)
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= columns
    (head,) = [line for line in lines if "95 % interval" in line]
    assert head.split()[0] == "test"
    assert ("train" in head) == (columns > 80)
    assert any("123.40" in line and "4, 1 missed" in line for line in lines)
    assert any(line.startswith("train DSC 0.1234") for line in lines) == (columns == 80)


@pytest.mark.parametrize("way", ["", "Lungs(n_lungs=2)"])
def test_numbers_of_before_post_processing_are_named(capsys, way):
    """A best threshold with a smaller DSC than the threshold in use needs a word."""
    number = {"value": 0.1234, "n": 5}
    numbers = {key: dict(number) for names in SECTIONS.values() for key in names}
    numbers["accuracy_min"] |= {"case": "Case_005", "z": 111}
    print_summary({"test": numbers | {"postprocess": way}}, synthetic=False)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("before post-processing: areas under curves, best thresh") == bool(way)


def test_failed_cases_are_in_the_table_of_a_preparation(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    print_cohort(Cohort("store", {}, {}, {"Case_003": "Case_003: a [red]file is damaged"}))
    shown = capsys.readouterr().out
    assert "0 cases in store" in shown
    assert any(line.split() == ["Case_003", "failed"] for line in shown.splitlines())
    assert "Case_003: failed, left out: a [red]file is damaged" in shown


def test_failed_cases_are_the_first_warning_of_an_evaluation():
    record = {"config": {"trainer": {"max_epochs": 2}, "metrics": {"threshold": 0.5}}}
    cohort = Cohort("store", {}, {}, {"Case_003": "Case_003: a file is damaged"})
    record["cohort_sha256"] = cohort.sha256
    rules, weights = Conventions(0.5, "zero"), Weights("last.ckpt", 2)
    (warning,) = warnings_of(record, cohort, rules, weights)
    assert warning == "1 case could not be prepared and is left out: Case_003."
    assert warnings_of(record, Cohort("store", {}), rules, weights) == []
