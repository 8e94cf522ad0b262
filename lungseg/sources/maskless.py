"""Cases without mask: ``data.masks=none``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lungseg.errors import ConfigError
from lungseg.findings import Finding

NONE = "none"
REQUIRED = "required"
HINT = "data.masks=none reads images alone"
"""Added to messages about missing masks."""


def masks_required(setting: object) -> bool:
    """Whether each case must have a mask, by the setting ``data.masks``.

    Raises:
        ConfigError: If the setting has another value.
    """
    if setting not in (REQUIRED, NONE):
        raise ConfigError(f"data.masks={setting}: must be {REQUIRED} or {NONE} (images alone)")
    return setting == REQUIRED


def left_aside(files: Sequence[Path], what: str) -> list[Finding]:
    """Report masks that are not read.

    Args:
        files: The mask files.
        what: What to call the files.
    """
    if not files:
        return []
    text = f"{len(files)} {what} file(s) ignored because of data.masks=none"
    return [Finding("masks-left-aside", "info", text)]
