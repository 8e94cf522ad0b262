"""Reads a checkpoint; nothing in it is executed, and nothing damaged is used."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from lungseg.errors import DataError

LAST = Path("checkpoints", "last.ckpt")
"""From which a run resumes."""
REQUIRED = ("config", "split", "cohort_sha256")
"""What every record has; later versions added more."""


def require_checkpoint(file: Path) -> None:
    """Refuse a missing file before what loads it has to be imported.

    Raises:
        DataError: If there is none.
    """
    if not file.is_file():
        raise DataError("no checkpoint here", file)


def load_checkpoint(file: Path) -> dict[str, Any]:
    """Load a checkpoint that ``lungseg train`` wrote.

    torch writes a checksum of each tensor into the file, but does not compare it on reading.

    Raises:
        DataError: If the file is missing, damaged, or was written by something else.
    """
    require_checkpoint(file)
    import torch

    from lungseg.training.module import RECORD

    try:
        _compare_checksums(file)
        checkpoint: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except (PermissionError, MemoryError):
        raise
    except Exception as error:  # damaged bytes surface as errors of every kind
        kind = type(error).__name__
        raise DataError(f"the checkpoint cannot be read ({kind}); {_instead(file)}", file) from None
    record = checkpoint.get(RECORD) if isinstance(checkpoint, dict) else None
    if not isinstance(record, dict) or any(key not in record for key in REQUIRED):
        raise DataError("the checkpoint was not written by lungseg train", file)
    return checkpoint


def done_by(checkpoint: dict[str, Any]) -> tuple[int, int]:
    """Epochs that a checkpoint was trained for, and batches of the epoch after them."""
    return checkpoint["epoch"] + 1, checkpoint.get("SliceDataModule", {}).get("batches", 0)


def _compare_checksums(file: Path) -> None:
    """Read all records of a file of torch once.

    Raises:
        Exception: Of any kind if it is damaged, as :class:`zipfile.BadZipFile` for a record that
            does not match its checksum.
    """
    with zipfile.ZipFile(file) as archive:
        if (record := archive.testzip()) is not None:
            raise zipfile.BadZipFile(f"{record} does not match its checksum")


def _instead(damaged: Path) -> str:
    """What to use in place of a damaged checkpoint."""
    # Hidden files are what a killed process left half-written.
    others = [file for file in damaged.parent.glob("[!.]*.ckpt") if file.name != damaged.name]
    for file in sorted(others, key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            _compare_checksums(file)
        except Exception:  # damaged too, in whatever way
            continue
        return f"{file.name} beside it is intact"
    return "copy it again from where it is intact, or train again"
