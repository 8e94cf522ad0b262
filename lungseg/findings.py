"""What reading a case brought to light: a code, how grave it is, and a sentence for a person."""

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
    """One thing that a reviewer should know of a case.

    What no volume can be made of is no finding: readers raise it. A finding of severity `error`
    is one with which voxels or places cannot be relied on, though arrays can be made.

    Attributes:
        code: Short and stable, as scripts ask for it: ``missing-slice``.
        severity: ``error``, ``warning`` or ``info``.
        text: One sentence, without identifiers or paths.
        path: The file that it is about, for the screen; it is not recorded.
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
    """Stop at the first finding whose severity is one to stop at.

    Args:
        findings: As :meth:`Finding.to_dict` gives them.
        on_finding: What to do by severity, ``error`` or ``warn``; severities left out only warn.
        paths: The files that findings are about, by code; under ``""`` the case's folder.

    Raises:
        DataError: With the finding's sentence.
    """
    for finding in findings:
        if on_finding.get(finding["severity"]) == "error":
            raise DataError(
                f"{finding['text']} ({finding['code']}; data.on_finding.{finding['severity']}=warn"
                " takes it nevertheless)",
                (paths or {}).get(finding["code"], (paths or {}).get("")),
            )
