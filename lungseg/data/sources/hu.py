"""Values of an image file as HU in 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.findings import Finding

LOWEST_HU = -1024  # of a 12-bit CT; padding outside the scan circle lies below it
HIGHEST = int(np.iinfo(np.int16).max)
# A value further than this from a whole number was interpolated or scaled, not rounded.
OFF_WHOLE = 0.05
MAX_SHARE_OFF = 0.01


def to_hu(values: NDArray[Any]) -> tuple[NDArray[np.int16], list[Finding]]:
    """Round to whole HU and clip below at -1024.

    Args:
        values: HU of any number type and shape.

    Returns:
        int16 of the same shape, and what a reviewer should know.

    Raises:
        DataError: If a value is not finite, or does not fit 16 bits.
    """
    findings = []
    if not np.issubdtype(values.dtype, np.integer):
        if not np.issubdtype(values.dtype, np.floating):
            raise DataError(f"an image of {values.dtype} values is no CT")
        if not np.isfinite(values).all():
            raise DataError("the image holds values that are no numbers (NaN or infinite)")
        whole = np.rint(values)
        share = float((np.abs(values - whole) > OFF_WHOLE).mean())
        if share > MAX_SHARE_OFF:
            text = f"{share:.0%} of the values were no whole HU and were rounded"
            findings.append(Finding("non-integer", "warning", text))
        values = whole
    lowest, highest = values.min(), values.max()
    if highest > HIGHEST:
        raise DataError(f"values up to {highest:.0f} are no HU: a rescaling to HU is missing")
    if lowest < LOWEST_HU:
        values = np.maximum(values, LOWEST_HU)
        findings.append(Finding("padding", "info", "values below -1024 HU clipped to -1024"))
    if lowest >= 0:
        text = f"no value lies below 0 ({lowest:g} to {highest:g}): these are no HU"
        findings.append(Finding("non-hu", "error", text))
    return values.astype(np.int16), findings
