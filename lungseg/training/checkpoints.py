"""Which weights a run keeps."""

from __future__ import annotations

from pathlib import Path

from pytorch_lightning.callbacks import ModelCheckpoint


def checkpoints(*, dirpath: Path, monitor: str, mode: str, select: bool) -> list[ModelCheckpoint]:
    """``last.ckpt`` after every epoch, and ``best.ckpt`` where there is a set to choose by.

    Two callbacks, since Lightning's ``save_last`` leaves out the epochs that are not the best.

    Args:
        dirpath: Folder of the checkpoints.
        monitor: What the best is chosen by.
        mode: ``min`` or ``max``.
        select: Whether there is a set to choose by; without one nothing is chosen.
    """
    last = _checkpoint(dirpath, "last")
    # The last comes last: it has to hold what the choice of the best stands at.
    return [_checkpoint(dirpath, "best", monitor, mode), last] if select else [last]


def _checkpoint(
    dirpath: Path, name: str, monitor: str | None = None, mode: str = "min"
) -> ModelCheckpoint:
    return ModelCheckpoint(
        dirpath=dirpath,
        filename=name,
        monitor=monitor,
        mode=mode,
        save_top_k=1,
        auto_insert_metric_name=False,
        enable_version_counter=False,
        # After the epoch's row and the scheduler's step, so that a resumed run has both.
        save_on_train_epoch_end=True,
    )
