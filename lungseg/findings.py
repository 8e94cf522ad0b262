"""Findings from reading a case: a code, a severity, and a sentence for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lungseg.errors import DataError

Severity = Literal["error", "warning", "info"]
Action = Literal["error", "warn"]


@dataclass(frozen=True)
class Finding:
    """Something that a reviewer should know about a case.

    If no volume can be made, readers raise an error instead. A finding of severity `error` means
    that arrays could be made, but voxels or positions cannot be relied on.

    Attributes:
        code: Short and stable, for use in scripts: ``missing-slice``.
        severity: ``error``, ``warning`` or ``info``.
        text: One sentence, without identifiers or paths.
        path: The file concerned, for the screen only; not recorded.
    """

    code: str
    severity: Severity
    text: str
    path: Path | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, str]:
        """Code, severity and text, for JSON."""
        return {"code": self.code, "severity": self.severity, "text": self.text}


def judge(
    findings: Iterable[Mapping[str, Any]],
    on_finding: Mapping[str, Action],
    paths: Mapping[str, Path] | None = None,
) -> None:
    """Raise an error for the first finding whose severity calls for it.

    Args:
        findings: As from :meth:`Finding.to_dict`.
        on_finding: Action by severity, ``error`` or ``warn``; missing severities only warn.
        paths: The files that findings concern, by code; under ``""`` the case's folder.

    Raises:
        DataError: With the finding's sentence.
    """
    for finding in findings:
        if on_finding.get(finding["severity"]) == "error":
            raise DataError(
                f"{finding['text']} ({finding['code']}; data.on_finding.{finding['severity']}=warn"
                " accepts it)",
                (paths or {}).get(finding["code"], (paths or {}).get("")),
            )
