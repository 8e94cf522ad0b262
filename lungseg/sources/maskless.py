"""Cases without mask: ``data.masks=none``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lungseg.data.case import Case
from lungseg.errors import ConfigError
from lungseg.findings import Finding
from lungseg.volume import Volume

NONE = "none"
REQUIRED = "required"
HINT = "data.masks=none reads images alone"
"""For whoever has no masks and is told that they are missing."""


def masks_required(setting: object) -> bool:
    """Whether each case must have a mask, as ``data.masks`` says.

    Raises:
        ConfigError: If it is another word.
    """
    if setting not in (REQUIRED, NONE):
        raise ConfigError(f"data.masks={setting}: must be {REQUIRED} or {NONE} (images alone)")
    return setting == REQUIRED


def left_aside(files: Sequence[Path], what: str) -> list[Finding]:
    """A finding where there are masks that are not read.

    Args:
        files: With masks.
        what: Kind of the files.
    """
    if not files:
        return []
    text = f"{len(files)} {what} file(s) left aside, as data.masks=none says"
    return [Finding("masks-left-aside", "info", text)]


def maskless_case(
    name: str,
    volume: Volume,
    header: dict[str, str | bool],
    findings: Iterable[Finding],
    source_sha256: str,
) -> Case:
    """Case with an image alone: nothing to align, nothing to score.

    Args:
        name: Pseudonym.
        volume: Image.
        header: As in :class:`~lungseg.data.case.Case`.
        findings: What reading brought to light.
        source_sha256: Hash of the source files' contents.
    """
    return Case(
        name=name,
        volume=volume,
        mask=None,
        header=header,
        audit={"findings": [finding.to_dict() for finding in findings]},
        source_sha256=source_sha256,
    )
