"""Cases belong to one patient if they share a key, also by way of others."""

import json

from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from lungseg.data.patients import label_patients, recorded_labels, report_patients

keys = st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=3), min_size=1, max_size=9)


@given(keys)
def test_labels_are_the_components_of_the_graph(sets):
    n = len(sets)
    shared = coo_matrix([[bool(a & b) or i == j for j, b in enumerate(sets)]
                         for i, a in enumerate(sets)])  # fmt: skip
    _, component = connected_components(shared, directed=False)
    names = [f"Case_{k}" for k in range(n)]
    labels = label_patients(dict(zip(names, sets, strict=True)))
    assert labels == {names[k]: names[[*component].index(component[k])] for k in range(n)}


def test_a_text_is_one_key_and_nothing_none():
    assert label_patients({"a": "P1", "b": "P1", "c": "", "d": ""}) == {
        "a": "a", "b": "a", "c": "c", "d": "d"
    }  # fmt: skip


def test_what_is_said():
    said = []
    report_patients({"a": "a", "b": "b", "c": "a"}, said.append)
    report_patients({"a": "a"}, said.append)
    assert said == [
        "a, c: same patient by PatientID, study, or name and birth date; never split between sets"
    ]
    said.clear()
    report_patients({"a": "a", "b": "a"}, said.append)
    assert len(said) == 1
    assert "data.patients=case" in said[0]


def test_recorded_labels_hold_for_the_same_cases_and_rule(tmp_path):
    assert recorded_labels(tmp_path, ["a"], "id") is None
    known = {"patients": {"a": "a", "b": "a"}, "patients_by": "id"}
    (tmp_path / "cohort.json").write_text(json.dumps(known))
    assert recorded_labels(tmp_path, ["a", "b"], "id") == {"a": "a", "b": "a"}
    assert recorded_labels(tmp_path, ["a", "b"], "case") is None
    assert recorded_labels(tmp_path, ["a"], "id") is None
