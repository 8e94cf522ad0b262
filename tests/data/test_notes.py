"""What a store records besides its cases."""

import json

import pytest

from lungseg.data import notes
from lungseg.errors import DataError

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
    assert source.known == {"Case_001": ["0a"]}
    file = tmp_path / notes.FILES
    assert json.loads(file.read_text())["Case_001"] == ["0a"]
    file.write_text(file.read_text().replace("0a", "0b"))
    with pytest.raises(DataError, match=r"files.json, which says .*, is damaged; restore it, or"):
        notes.recall_files(source, tmp_path)


def test_a_damaged_record_of_failures_is_as_none(tmp_path):
    notes.write_failures(tmp_path, STATES, STOP, {"a": "a: why"})
    file = tmp_path / notes.FAILED
    for text in (file.read_text().replace("why", "wha"), file.read_text()[:-9], "[]", "\udcff"):
        file.write_text(text, errors="surrogateescape")
        assert notes.read_failures(tmp_path, STATES, STOP) == {}


def test_other_sources_are_left_alone(tmp_path):
    notes.recall_files(object(), tmp_path)
    notes.keep_files(object(), tmp_path)
    assert not any(tmp_path.iterdir())
