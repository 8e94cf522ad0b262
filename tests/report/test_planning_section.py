"""Planning in the report of a run."""

import base64
from dataclasses import replace

import pytest

from lungseg.report.planning import Goal, pair_sentence, width_sentence
from lungseg.report.planning_runs import plan_of_cases
from lungseg.report.planning_section import planning_section
from tests.report.evaluated import evaluation, origin, text_of


@pytest.fixture(scope="module")
def cases():
    """Four test cases, which scatter."""
    table = evaluation().cases
    test = table[table["split"] == "test"].iloc[[0, 0, 0, 0]]
    return test.assign(case=list("abcd"), dsc=[0.9, 0.95, 0.85, 0.97])


def test_the_sentences_are_those_of_the_plan(cases):
    plan = plan_of_cases(cases, {}, Goal())
    section = planning_section(cases, {}, synthetic=True)
    assert section.sentences == (width_sentence(plan), pair_sentence(plan))
    kind, _, content = section.image.partition(",")
    assert kind == "data:image/svg+xml;base64"
    drawing = base64.b64decode(content).decode()
    assert "synthetic data" in drawing
    assert "power" in drawing


def test_too_few_patients_are_said_and_nothing_is_drawn(cases):
    section = planning_section(cases, {"a": "p", "b": "p", "c": "p"}, synthetic=False)
    assert section.sentences == ("2 test patients: a plan needs 3 or more.",)
    assert section.image == ""


def test_the_page_has_it(cases, tmp_path):
    made = evaluation()
    text = text_of(made, origin(), tmp_path)
    assert "2 test patients: a plan needs 3 or more." in text
    text = text_of(replace(made, cases=cases), origin(), tmp_path)
    assert "needs" in text.split('id="planning"')[1].split("</h2>")[1][:200]
    assert "data:image/svg+xml;base64," in text
