"""A checkpoint is read without running anything in it."""

import os

import numpy as np
import pytest
import torch

from lungseg.errors import DataError
from lungseg.runs.checkpoint import load_checkpoint
from tests.data.tampering import flip

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


def test_200_flipped_bits(tmp_path):
    """Each is noticed, or is in bytes that nothing reads."""
    torch.manual_seed(0)
    weights = {"conv.weight": torch.randn(4, 3, 3, 3), "n": torch.tensor(7), "b": torch.randn(40)}
    content = {"lungseg": RECORD, "state_dict": weights, "epoch": 3, "lr": [0.1, 0.25]}
    file = tmp_path / "last.ckpt"
    torch.save(content, file)
    random = np.random.default_rng(0)
    noticed = 0
    for _ in range(200):
        before = flip(file, random)
        try:
            got = load_checkpoint(file)
        except DataError:
            noticed += 1
        else:
            assert {key: got[key] for key in got if key != "state_dict"} == {
                key: content[key] for key in content if key != "state_dict"
            }
            assert got["state_dict"].keys() == weights.keys()
            for name, tensor in weights.items():
                assert got["state_dict"][name].dtype == tensor.dtype
                assert torch.equal(got["state_dict"][name], tensor)
        file.write_bytes(before)
    assert noticed > 100  # much of so small a file is padding
    load_checkpoint(file)


def test_a_flipped_bit_of_a_weight_is_noticed_though_torch_reads_it(tmp_path):
    weights = torch.full((100,), 1.5)
    file = tmp_path / "last.ckpt"
    torch.save({"lungseg": RECORD, "state_dict": {"w": weights}}, file)
    at = file.read_bytes().index(weights.numpy().tobytes())
    damaged = bytearray(file.read_bytes())
    damaged[at + 41] ^= 1
    file.write_bytes(damaged)
    assert not torch.equal(torch.load(file)["state_dict"]["w"], weights)  # without our check
    with pytest.raises(DataError, match=r"cannot be read \(BadZipFile\); copy it again"):
        load_checkpoint(file)


def test_a_damaged_checkpoint_names_an_intact_one_beside_it(tmp_path):
    for name in ("last.ckpt", "best.ckpt", "worn.ckpt"):
        torch.save({"lungseg": RECORD}, tmp_path / name)
    for name in ("last.ckpt", "worn.ckpt"):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-100])
    torch.save({"lungseg": RECORD}, tmp_path / ".7f.part.ckpt")  # of a process that was killed
    with pytest.raises(DataError, match=r": best.ckpt beside|; best.ckpt beside") as caught:
        load_checkpoint(tmp_path / "last.ckpt")
    assert caught.value.path == tmp_path / "last.ckpt"
