"""Checkpoints that are written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pytorch_lightning.plugins.io import TorchCheckpointIO

from lungseg.files import replacing


def save_whole(checkpoint: dict[str, Any], file: Path) -> None:
    """Write a checkpoint beside its place, then rename it.

    Raises:
        OSError: If it cannot be written, as on a full disk. The file is as it was.
    """
    import torch

    content = io.BytesIO()  # torch's own writer says neither what failed nor where
    torch.save(checkpoint, content)
    with replacing(file) as part:
        part.write_bytes(content.getbuffer())


class WholeFiles(TorchCheckpointIO):
    """Lightning writes into the system's temporary folder and moves the file from there.

    From another file system that is a copy, and half a copy where the disk is full or the process
    is killed: with the checkpoint of the epoch before, all of the training would be lost.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """As Lightning calls it."""
        if "://" in str(path):  # its own way to other places than a disk
            super().save_checkpoint(checkpoint, path, storage_options)
        else:
            save_whole(checkpoint, Path(path))


def write_whole_files(strategy: Any) -> None:
    """Let a strategy of Lightning save so, unless settings give it a way of saving of their own."""
    if type(strategy.checkpoint_io) is TorchCheckpointIO:
        strategy.checkpoint_io = WholeFiles()
