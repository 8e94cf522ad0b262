"""Reads a checkpoint; nothing in it is executed."""

from __future__ import annotations

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

    Raises:
        DataError: If the file is missing, damaged, or was written by something else.
    """
    require_checkpoint(file)
    import torch

    from lungseg.training.module import RECORD

    try:
        checkpoint: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes surface as errors of every kind
        raise DataError(f"the checkpoint cannot be read ({type(error).__name__})", file) from None
    record = checkpoint.get(RECORD) if isinstance(checkpoint, dict) else None
    if not isinstance(record, dict) or any(key not in record for key in REQUIRED):
        raise DataError("the checkpoint was not written by lungseg train", file)
    return checkpoint
