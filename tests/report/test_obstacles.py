"""A cohort that no default can train is called so at once, with what helps."""

import json

import pytest

from lungseg.report.audit import audit_json
from lungseg.report.audit_page import audit_html
from lungseg.report.obstacles import obstacles
from lungseg.report.screen import print_cohort
from tests.report.audited import case, cohort, picture, without_mask


def other(name, **figures):
    """A case with an image of its own."""
    return case(name, **figures) | {"image_sha256": name}


COHORTS = {
    "one case": (cohort(other("a")), ["Not enough to train on: 1 case; a training needs two"]),
    "one patient": (
        cohort(other("a"), other("b"), patients={"a": "a", "b": "a"}),
        ["all 2 cases are of one patient; ", "data.patients=case"],
    ),
    "no lung": (
        cohort(other("a", n_positive=0), other("b", n_positive=0)),
        ["no mask contains lung", "data.labels or data.lungs"],
    ),
    "one image twice": (
        cohort(case("a"), other("b"), case("c")),
        ["The same image under two names: a and c.", "split=explicit 'split.test=[CASE]'"],
    ),
}


@pytest.mark.parametrize("what", COHORTS)
def test_it_is_said_on_the_screen_in_the_table_and_on_the_page(what, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    prepared, parts = COHORTS[what]
    (sentence,) = obstacles(prepared)
    assert all(part in sentence for part in parts)
    print_cohort(prepared)
    assert capsys.readouterr().out.count(sentence) == 1
    assert json.loads(audit_json(prepared))["obstacles"] == [sentence]
    page = audit_html(prepared, picture)
    assert page.count(parts[0].replace("'", "&#39;")) == 1


@pytest.mark.parametrize(
    "prepared",
    [
        cohort(other("a"), other("b")),
        cohort(other("a"), other("b", n_positive=0)),  # a note of the audit
        # Scans of one patient stay together in every split.
        cohort(case("a"), case("b"), other("c"), patients={"a": "a", "b": "a", "c": "c"}),
        cohort(failed={"a": "no volume"}),
        cohort(*(without_mask(name) | {"image_sha256": name} for name in "ab")),  # said elsewhere
    ],
)
def test_nothing_is_said_of_what_can_be_trained(prepared, capsys):
    assert obstacles(prepared) == []
    assert json.loads(audit_json(prepared))["obstacles"] == []
    print_cohort(prepared)
    assert "train" not in capsys.readouterr().out
