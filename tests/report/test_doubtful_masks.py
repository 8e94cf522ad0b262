"""What a reader of numbers is told of the masks that they rest on."""

import re

from lungseg.report.doubtful_masks import CODES, doubtful_masks
from tests.conftest import CLONE
from tests.report.audited import case, cohort, finding

LOW = "score 0.4"


def test_findings_on_masks_of_the_cases_used_errors_first():
    made = cohort(
        case("a", [finding("mask-score", "warning", LOW)]),
        case("b", [finding("mask-score", "warning", "score 0.5")]),
        case("c", [finding("one-lung", "error", "only one lung")]),
        case("d", [finding("mask-score", "warning", "score 0.1")]),
        case(
            "e", [finding("few-slices", "warning", "few"), finding("one-side", "info", "one side")]
        ),
    )
    assert doubtful_masks(made, "abce") == [
        "The mask of 1 case is in doubt (one-lung): c. only one lung.",
        "The masks of 2 cases are in doubt (mask-score): a, b. a: score 0.4.",
    ]
    assert doubtful_masks(made, "e") == []


def test_many_cases_are_counted():
    names = [f"n{number}" for number in range(8)]
    made = cohort(*(case(name, [finding("mask-score", "warning", LOW)]) for name in names))
    (line,) = doubtful_masks(made, names)
    assert "n5 and 2 more. n0: score 0.4." in line
    assert "n6" not in line


def test_the_codes_are_those_of_the_documentation():
    text = (CLONE / "docs" / "data.md").read_text()
    assert set(re.findall(r"`([a-z-]+)`", text)) >= CODES
