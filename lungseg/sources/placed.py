"""A case whose mask lies where its geometry says: put together, and held against the image."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.findings import Finding
from lungseg.sources.align import MIN_SCORE, score
from lungseg.volume import Volume


def placed_case(
    name: str,
    volume: Volume,
    mask: NDArray[np.uint8],
    sides: NDArray[np.uint8] | None,
    header: dict[str, str | bool],
    findings: Iterable[Finding],
    source_sha256: str,
) -> Case:
    """Case with the alignment score of its mask; a low score is a finding, no reason to move it.

    Args:
        name: Pseudonym.
        volume: Image.
        mask: 0 or 1, uint8 ``[z, y, x]``, on the image's grid.
        sides: As in :class:`~lungseg.data.case.Case`.
        header: Likewise.
        findings: What reading brought to light.
        source_sha256: Hash of the source files' contents.
    """
    findings = list(findings)
    fit = round(score(volume, mask), 4)
    if not mask.any():
        findings.append(Finding("mask-empty", "error", "the mask is empty"))
    elif fit < MIN_SCORE:
        text = (
            f"the image hardly speaks for the mask's place: score {fit:.2f}, on lungs at least"
            f" {MIN_SCORE}"
        )
        findings.append(Finding("mask-score", "warning", text))
    return Case(
        name=name,
        volume=volume,
        mask=mask,
        header=header,
        audit={
            "findings": [finding.to_dict() for finding in findings],
            "alignment": {"flip": [False, False, False], "score": fit},
        },
        source_sha256=source_sha256,
        sides=sides,
    )
