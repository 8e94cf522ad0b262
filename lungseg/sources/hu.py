"""Values of an image file as 16-bit HU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.checks import check_values
from lungseg.dicom.hu import AIR_HU, SAMPLED_SIDE, Seen, refuse_above
from lungseg.dicom.limits import RefusedError
from lungseg.errors import DataError
from lungseg.findings import Finding

# A value further than this from a whole number was interpolated or scaled, not rounded.
OFF_WHOLE = 0.05
MAX_SHARE_OFF = 0.01


def as_hu(values: NDArray[Any]) -> tuple[NDArray[np.int16], list[Finding]]:
    """Round to whole HU and clip below at -1024.

    Args:
        values: HU of any number type, ``[z, y, x]``.

    Returns:
        int16 of the same shape, and findings: values that are hardly HU, as for a DICOM series, and
        rounded values.

    Raises:
        DataError: If a value is not finite, or does not fit 16 bits.
    """
    findings = []
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise DataError("the image contains values that are not finite (NaN or infinite)")
        whole = np.rint(values)
        share = float((np.abs(values - whole) > OFF_WHOLE).mean())
        if share > MAX_SHARE_OFF:
            text = f"{share:.0%} of the values were not whole HU and were rounded"
            findings.append(Finding("non-integer", "warning", text))
        values = whole
    elif values.dtype.kind not in "iu":
        raise DataError(f"an image of {values.dtype} values is not a CT")
    try:
        refuse_above(float(values.max()))
    except RefusedError as error:
        raise DataError(str(error)) from None
    padded = bool(values.min() < AIR_HU)
    rows, columns = (max(1, size // SAMPLED_SIDE) for size in values.shape[1:])
    seen = Seen.of(values[:, ::rows, ::columns], padded=padded)
    findings += check_values([seen])
    if padded:
        values = np.maximum(values, AIR_HU)
    return values.astype(np.int16), findings
