"""The form for bug reports: one that GitHub takes, and that asks for what lungseg doctor prints."""

import yaml

from lungseg.cli import WITHOUT_SETTINGS
from tests.conftest import CLONE

FORM = yaml.safe_load((CLONE / ".github" / "ISSUE_TEMPLATE" / "bug_report.yml").read_text())
KINDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}  # of GitHub's form schema


def test_github_takes_the_form():
    assert FORM["name"]
    assert FORM["description"]
    assert {field["type"] for field in FORM["body"]} <= KINDS
    asked = [field for field in FORM["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in asked)
    identifiers = [field["id"] for field in asked]
    assert len(set(identifiers)) == len(identifiers) > 0


def test_it_asks_for_the_doctor_s_report_and_for_nothing_that_identifies():
    asked = {field["id"]: field for field in FORM["body"] if "id" in field}
    assert "doctor" in WITHOUT_SETTINGS
    assert "lungseg doctor" in asked["doctor"]["attributes"]["label"]
    assert asked["doctor"]["validations"]["required"]
    assert "render" not in asked["doctor"]["attributes"]  # the report is a block by itself
    (promise,) = asked["private"]["attributes"]["options"]
    assert promise["required"]
    assert "DICOM" in promise["label"]
