"""What ``lungseg predict`` wrote: results, however much they look like scans."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from lungseg.sources.predicted.find import RECORD

OVERLAY, PICTURE = "overlay.png", "page.json"
"""What stands beside the masks that a record lists: one to look at, one for later pages."""


def results_among(files: Iterable[Path]) -> set[Path]:
    """Of these files, those that ``lungseg predict`` wrote.

    A folder with its record is known by it; other files there are not its own.

    Args:
        files: Any; records are recognized by their names.
    """
    listed = [*files]
    own: set[Path] = set()
    for file in listed:
        if file.name == RECORD:
            own |= {file.parent / name for name in _written(file)}
    return own & {*listed}


def _written(record: Path) -> tuple[str, ...]:
    """Names of the files of a prediction; none where the record is of something else."""
    try:
        content = json.loads(record.read_text())
        masks = [str(name) for name in content["files"]]
        known = {"lungseg", "scan", "models"} <= {*content}
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return (RECORD, OVERLAY, PICTURE, *masks) if known else ()
