"""The table of numbers on the screen."""

from lungseg.apps.screen import print_summary
from lungseg.report.numbers import SECTIONS


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
