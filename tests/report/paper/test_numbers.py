"""Every number of a pack is one that the runs recorded, and is where numbers.csv says."""

import csv
import json

import pytest

from tests.report.paper.packs import SCANNER, cohort
from tests.report.paper.recorded_numbers import (
    leaves,
    rows,
    shows,
    unknown_numbers,
    value_of,
    words_of,
)

RUNS = {"one": ["first"], "two": ["first", "second"], "pooled": ["pool"], "older": ["bare"]}
TEXTS = (
    *("methods.md", "data.csv", "settings.csv", "claim.csv", "tripod.csv"),
    *("summary.tex", "results.tex", "cases.tex", "figures.tex", "reproducibility.tex"),
)


@pytest.mark.parametrize("name", RUNS)
def test_each_row_is_what_the_run_recorded(packs, name):
    fingerprint = cohort().fingerprint()
    checked = 0
    for row in rows(packs / "packs" / name):
        folder = packs / RUNS[name][int(row["run"] or 1) - 1]
        key = row["key"]
        if key in ("parameters(config.model)", "patients") or key.startswith("count(cases"):
            continue  # tests of their own
        assert shows(row["shown"], value_of(row, folder, fingerprint)), row
        checked += 1
    assert checked > 150


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("file", TEXTS)
def test_each_number_of_a_text_is_noted(packs, name, file):
    pack = packs / "packs" / name
    noted = [row["shown"] for row in rows(pack)]
    text = words_of(pack / file).replace(SCANNER, "")
    assert unknown_numbers(text, noted) == []
    assert unknown_numbers(f"{text} and 0.31337", noted) == ["0.31337"]


@pytest.mark.parametrize("name", RUNS)
def test_results_are_the_summaries_unrounded(packs, name):
    with (packs / "packs" / name / "results.csv").open() as file:
        found = list(csv.DictReader(file))
    assert found
    for row in found:
        folder = packs / RUNS[name][int(row["run"]) - 1]
        summary = json.loads((folder / "evaluation" / "summary.json").read_text())
        number = summary[row["set"]][row["key"]]
        assert row["value"] == ("" if number["value"] is None else str(number["value"]))
        assert int(row["n"]) == number["n"]
        ends = [row["low"], row["high"]]
        assert ends == [str(end) for end in number.get("ci95", ["", ""])]


def test_numbers_of_the_cohort_by_hand(packs):
    """Four cases of 12 to 15 slices, two of one patient, from 3 to 6 mm apart."""
    with (packs / "packs" / "one" / "data.csv").open() as file:
        table = {row["property"]: row for row in csv.DictReader(file)}
    assert (table["patients"]["train"], table["patients"]["test"]) == ("1", "2")
    assert table["slice spacing, mm"]["train"] == "3 to 4"
    assert table["slice spacing, mm"]["test"] == "5 to 6"
    assert table["pixel spacing, mm"]["test"] == "0.7 to 0.75"
    assert table["sex"]["test"] == "F: 2"
    text = (packs / "packs" / "one" / "methods.md").read_text()
    assert "of 3 patients (54 axial slices)" in text


def test_parameters_of_an_older_run_are_counted(packs):
    """The U-Net of the report has as many as the docstring of UNet says."""
    pack = packs / "packs" / "older"
    assert "it had 483,153 parameters" in (pack / "methods.md").read_text()


def test_the_reader_of_this_test_sees_what_is_wrong():
    assert not shows("0.35", 0.3449)
    assert shows("0.34", 0.3449)
    assert not shows("12", 13)
    assert dict(leaves({"a": [{"b": 1}]}))["a.0.b"] == 1
