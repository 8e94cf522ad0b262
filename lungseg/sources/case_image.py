"""The image of a case as a source has read it, before a mask is added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.findings import Finding
from lungseg.volume import Volume


@dataclass(frozen=True)
class CaseImage:
    """Everything that is known about a case apart from its mask.

    Attributes:
        name: Pseudonym.
        volume: Image, HU.
        header: As in :class:`~lungseg.data.case.Case`.
        findings: From reading the image and the mask.
        source_sha256: Hash of the contents of all source files.
    """

    name: str
    volume: Volume
    header: dict[str, str | bool]
    findings: Sequence[Finding] = field(default_factory=list)
    source_sha256: str = ""

    def case(
        self,
        mask: NDArray[np.uint8] | None = None,
        sides: NDArray[np.uint8] | None = None,
        alignment: dict[str, Any] | None = None,
        more: Sequence[Finding] = (),
    ) -> Case:
        """The case, with a mask on the image's grid or without one.

        Args:
            mask: 0 or 1, uint8 ``[z, y, x]``.
            sides: As in :class:`~lungseg.data.case.Case`.
            alignment: Evidence for the mask's position, for the audit.
            more: Findings on how image and mask fit together.
        """
        audit: dict[str, Any] = {
            "findings": [finding.to_dict() for finding in (*self.findings, *more)]
        }
        if alignment is not None:
            audit["alignment"] = alignment
        return Case(
            name=self.name,
            volume=self.volume,
            mask=mask,
            header=self.header,
            audit=audit,
            source_sha256=self.source_sha256,
            sides=sides,
        )
