"""A checkpoint is read without running anything in it."""

import os

import pytest
import torch

from lungseg.errors import DataError
from lungseg.runs.checkpoint import load_checkpoint

RECORD = {"config": {}, "split": {}, "cohort_sha256": "0"}


class Malicious:
    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_of_ours_is_read(tmp_path):
    torch.save({"lungseg": RECORD, "state_dict": {"w": torch.ones(2)}}, tmp_path / "last.ckpt")
    assert load_checkpoint(tmp_path / "last.ckpt")["lungseg"] == RECORD


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    trace = tmp_path / "made by the checkpoint"
    torch.save({"lungseg": RECORD, "x": Malicious(trace)}, tmp_path / "last.ckpt")
    with pytest.raises(DataError, match="the checkpoint cannot be read"):
        load_checkpoint(tmp_path / "last.ckpt")
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": {}},
        {"lungseg": None},
        {"lungseg": ["config", "split", "cohort_sha256"]},
        {"lungseg": {"config": {}}},
        [RECORD],
        torch.ones(3),
    ],
)
def test_files_of_other_programs_are_refused(content, tmp_path):
    torch.save(content, tmp_path / "last.ckpt")
    with pytest.raises(DataError, match="not written by lungseg train"):
        load_checkpoint(tmp_path / "last.ckpt")


def test_missing_and_damaged_files_are_refused(tmp_path):
    file = tmp_path / "last.ckpt"
    with pytest.raises(DataError, match="no checkpoint here"):
        load_checkpoint(file)
    torch.save({"lungseg": RECORD}, file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match="the checkpoint cannot be read"):
        load_checkpoint(file)
