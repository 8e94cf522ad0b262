"""A case whose mask has no geometry: put together by what the image speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.sources.align import align
from lungseg.volume import Volume


def evident_case(
    name: str,
    volume: Volume,
    stored: NDArray[np.uint8],
    mask_file: Path,
    header: dict[str, str | bool],
    findings: Sequence[Finding],
    source_sha256: str,
) -> Case:
    """Case with the mask of an npz file, flipped the way that the image speaks for.

    Args:
        name: Pseudonym.
        volume: Image.
        stored: The mask, 0 or 1, its axes in unknown directions.
        mask_file: Where it came from, for the error's sake.
        header: As in :class:`~lungseg.data.case.Case`.
        findings: What reading the image brought to light.
        source_sha256: Hash of the source files' contents.

    Raises:
        DataError: If the mask fits the image in no orientation.
    """
    try:
        mask, alignment = align(volume, stored)
    except ValueError as error:
        # A slice that is missing is why a mask does not fit, and comes first.
        grave = [finding.text for finding in findings if finding.severity == "error"]
        raise DataError("; ".join([*grave, str(error)]), mask_file) from None
    return Case(
        name=name,
        volume=volume,
        mask=mask,
        header=header,
        audit={
            "findings": [finding.to_dict() for finding in findings],
            "alignment": alignment.to_dict(),
        },
        source_sha256=source_sha256,
    )
