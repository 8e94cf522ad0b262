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
    """Array ``masks`` of an npz file, ``[z, y, x]``, its axes in unknown directions.

    Returns:
        0 or 1, and what a reviewer should know.

    Raises:
        DataError: If the file is damaged, has no such array, or it holds other values.
    """
    content = io.BytesIO(file.read_bytes())  # an OSError is one of reading, not of the format
    try:
        with np.load(content) as arrays:
            if "masks" not in arrays:
                # Names of arrays are not quoted: they may be a person's.
                text = f"the mask file has no array 'masks' among its {len(arrays.files)}"
                raise DataError(text, file)
            mask: NDArray[Any] = arrays["masks"]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):
        raise DataError("the mask file is damaged or no npz file", file) from None
    if mask.dtype.kind not in "biuf":
        raise DataError(f"the mask must be [z, y, x] of 0 and 1, not of {mask.dtype.name}", file)
    try:
        whole, findings = whole_labels(mask)
    except DataError:
        whole, findings = mask, []  # what it holds instead is said below
    # A slice at a time: comparing all at once would take thrice the mask's memory.
    if mask.ndim != 3 or not all(((part == 0) | (part == 1)).all() for part in whole):
        raise DataError(
            f"the mask must be [z, y, x] of 0 and 1, got {mask.ndim} axes and values from"
            f" {mask.min()} to {mask.max()}",
            file,
        )
    return whole.astype(np.uint8, copy=False), of_mask(findings)
