"""Which weights a run keeps."""

from __future__ import annotations

from pathlib import Path

from pytorch_lightning.callbacks import ModelCheckpoint


class Checkpoints(ModelCheckpoint):
    """``last.ckpt`` after every epoch, and ``best.ckpt`` where a validation set chooses it.

    Args:
        dirpath: Folder of the checkpoints.
        monitor: What the best is chosen by.
        mode: ``min`` or ``max``.
        select: Whether there is a set to choose by; without one nothing is chosen.
    """

    def __init__(self, *, dirpath: Path, monitor: str, mode: str, select: bool) -> None:
        super().__init__(
            dirpath=dirpath,
            filename="best",
            monitor=monitor if select else None,
            mode=mode,
            save_top_k=1 if select else 0,
            save_last=True,
            auto_insert_metric_name=False,
            enable_version_counter=False,
            # After the epoch's row and the scheduler's step, so that a resumed run has both.
            save_on_train_epoch_end=True,
        )
