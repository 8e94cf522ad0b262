"""Checkpoints on a full disk."""

import errno
import os
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer
from pytorch_lightning.demos.boring_classes import BoringModel
from pytorch_lightning.plugins.io import AsyncCheckpointIO, TorchCheckpointIO

from lungseg.training.whole_files import WholeFiles, save_whole, write_whole_files


def full(self, content):
    """Half of the content finds room."""
    with self.open("wb") as file:
        file.write(bytes(content)[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))


def test_a_full_disk_leaves_the_checkpoint_of_before(tmp_path, monkeypatch):
    trainer = Trainer(
        accelerator="cpu", max_steps=0, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    write_whole_files(trainer.strategy)
    model = BoringModel()
    trainer.fit(model)
    file = tmp_path / "checkpoints" / "last.ckpt"
    trainer.save_checkpoint(file)
    before = file.read_bytes()
    weights = torch.load(file, weights_only=True)["state_dict"]
    assert torch.equal(weights["layer.weight"], model.layer.weight)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left on device"):
        trainer.save_checkpoint(file)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_what_is_saved_is_what_torch_saves(tmp_path):
    content = {"a": torch.arange(5), "b": [1, "x"]}
    save_whole(content, tmp_path / "new" / "a.ckpt")
    torch.save(content, tmp_path / "b.ckpt")
    got = torch.load(tmp_path / "new" / "a.ckpt", weights_only=True)
    assert torch.equal(got["a"], content["a"])
    assert got["b"] == content["b"]


def test_settings_may_give_another_way_of_saving():
    class Strategy:
        checkpoint_io = AsyncCheckpointIO(TorchCheckpointIO())

    strategy = Strategy()
    write_whole_files(strategy)
    assert isinstance(strategy.checkpoint_io, AsyncCheckpointIO)
    strategy.checkpoint_io = TorchCheckpointIO()
    write_whole_files(strategy)
    assert isinstance(strategy.checkpoint_io, WholeFiles)
