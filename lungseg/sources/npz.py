"""Masks as npz, without geometry."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.sources.labels import of_mask, whole_labels


def read_npz(file: Path) -> tuple[NDArray[np.uint8], list[Finding]]:
    """Array ``masks`` of an npz file, ``[z, y, x]``, with unknown directions of its axes.

    Returns:
        0 or 1, and findings.

    Raises:
        DataError: If the file is damaged, or has no such array of 0 and 1.
    """
    content = io.BytesIO(file.read_bytes())  # so that an OSError concerns reading, not the format
    try:
        with np.load(content) as arrays:
            if "masks" not in arrays:
                # Names of arrays are not quoted: they may contain a person's name.
                text = f"the mask file has no array 'masks' among its {len(arrays.files)}"
                raise DataError(text, file)
            mask: NDArray[Any] = arrays["masks"]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):
        raise DataError("the mask file is damaged or not an npz file", file) from None
    if mask.dtype.kind not in "biuf":
        raise DataError(f"the mask must be [z, y, x] of 0 and 1, not of {mask.dtype.name}", file)
    try:
        whole, findings = whole_labels(mask)
    except DataError:
        whole, findings = mask, []  # reported below with the values
    # Slice by slice: comparing all at once would take three times the mask's memory.
    if mask.ndim != 3 or not all(((part == 0) | (part == 1)).all() for part in whole):
        raise DataError(
            f"the mask must be [z, y, x] of 0 and 1, got {mask.ndim} axes and values from"
            f" {mask.min()} to {mask.max()}",
            file,
        )
    return whole.astype(np.uint8, copy=False), of_mask(findings)
