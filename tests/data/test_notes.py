"""What a store records besides its cases."""

import json

from lungseg.data import notes

STATES = {"a": "1", "b": "2"}
STOP, TAKE = {"error": "error"}, {"error": "warn"}


def test_failures_are_remembered_for_the_same_files_and_rules(tmp_path):
    assert notes.read_failures(tmp_path, STATES, STOP) == {}
    notes.write_failures(tmp_path, STATES, STOP, {})
    assert not (tmp_path / notes.FAILED).exists()
    notes.write_failures(tmp_path, STATES, STOP, {"a": "a: why", "unpaired": "no state"})
    assert notes.read_failures(tmp_path, STATES, STOP) == {"a": "a: why"}
    assert notes.read_failures(tmp_path, {"a": "changed", "b": "2"}, STOP) == {}
    assert notes.read_failures(tmp_path, STATES, TAKE) == {}
    notes.write_failures(tmp_path, STATES, STOP, {})
    assert notes.read_failures(tmp_path, STATES, STOP) == {}


class Numbers:
    def __init__(self):
        self.known = None

    def recall(self, known):
        self.known = known

    def remembered(self):
        return {"Case_001": ["0a"]}


def test_files_of_a_source_that_groups_them(tmp_path):
    source = Numbers()
    notes.recall_files(source, tmp_path)
    assert source.known == {}
    notes.keep_files(source, tmp_path)
    notes.recall_files(source, tmp_path)
    assert source.known == json.loads((tmp_path / notes.FILES).read_text()) == {"Case_001": ["0a"]}


def test_other_sources_are_left_alone(tmp_path):
    notes.recall_files(object(), tmp_path)
    notes.keep_files(object(), tmp_path)
    assert not any(tmp_path.iterdir())
