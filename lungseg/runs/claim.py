"""Whose a run folder is."""

from __future__ import annotations

import os
from pathlib import Path

from lungseg.errors import ConfigError


def refuse_taken(run_dir: Path, ckpt_path: str | None) -> None:
    """Two runs never share a folder, also when they start in the same second."""
    if ckpt_path is not None or os.environ.get("LOCAL_RANK", "0") != "0":
        return
    try:
        (run_dir / ".run").touch(exist_ok=False)
    except FileExistsError:
        raise ConfigError(
            "this folder already holds a run; start again, or go on with ckpt_path=…", run_dir
        ) from None
