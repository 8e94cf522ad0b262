"""How far a run has come, as its folder says."""

import json

import pytest

from lungseg.errors import DataError, Pruned
from lungseg.privacy import HIDDEN
from lungseg.redaction import Redactor
from lungseg.runs.status import FILE, note_completed, noting_status, read_status, write_status


def test_no_status(tmp_path):
    assert read_status(tmp_path) is None


def test_written_and_read(tmp_path):
    write_status(tmp_path, "failed", "why")
    assert read_status(tmp_path) == {"state": "failed", "error": "why"}


REDACT = Redactor(["/scans/Frollo"]).message

ENDINGS = {
    "pruned": (Pruned("behind"), "pruned", "behind"),
    "refused": (DataError("a mask is missing", "/scans/Frollo"), "failed", "a mask is missing"),
    "system": (FileNotFoundError(2, "No such file", "/scans/Frollo"), "failed", "No such file"),
    "other": (
        RuntimeError("cannot open /scans/Frollo/x\nfor some reason"),
        "failed",
        f"RuntimeError: cannot open {HIDDEN}",
    ),
    "interrupted": (KeyboardInterrupt(), "failed", "interrupted"),
}


@pytest.mark.parametrize("what", ENDINGS)
def test_an_ending_is_recorded_without_paths(what, tmp_path):
    error, state, text = ENDINGS[what]

    def run():
        with noting_status(tmp_path, REDACT):
            assert read_status(tmp_path)["state"] == "running"
            raise error

    with pytest.raises(type(error)):
        run()
    assert json.loads((tmp_path / FILE).read_text()) == {"state": state, "error": text}


def test_completed(tmp_path):
    with noting_status(tmp_path, REDACT):
        pass
    assert read_status(tmp_path) == {"state": "completed", "error": None}


def test_other_processes_of_a_run_write_nothing(tmp_path):
    with noting_status(tmp_path, REDACT, writes=False):
        pass
    assert list(tmp_path.iterdir()) == []


def test_only_what_has_a_status_is_noted_as_completed(tmp_path):
    note_completed(tmp_path)
    assert read_status(tmp_path) is None
    for state in ("failed", "running", "completed"):
        write_status(tmp_path, state)
        note_completed(tmp_path)
        assert read_status(tmp_path)["state"] == "completed"
