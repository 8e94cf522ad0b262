"""Masks as npz, without geometry."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError


def read_npz(content: bytes, file: Path) -> NDArray[np.uint8]:
    """Array ``masks`` of an npz file: 0 or 1, ``[z, y, x]``, its axes in unknown directions.

    Args:
        content: The file's bytes.
        file: Where they came from, for the error's sake.

    Raises:
        DataError: If the file is damaged, has no such array, or it holds other values.
    """
    try:
        with np.load(io.BytesIO(content)) as arrays:
            if "masks" not in arrays:
                raise DataError(f"the mask file has no array 'masks' but {sorted(arrays)}", file)
            mask: NDArray[Any] = arrays["masks"]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile):
        raise DataError("the mask file is damaged or no npz file", file) from None
    if mask.ndim != 3 or not ((mask == 0) | (mask == 1)).all():
        raise DataError(
            f"the mask must be [z, y, x] of 0 and 1, got {mask.ndim} axes and values from"
            f" {mask.min()} to {mask.max()}",
            file,
        )
    return mask.astype(np.uint8)
