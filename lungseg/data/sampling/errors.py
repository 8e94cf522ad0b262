"""How wrong a network was about each slice, from the counts of its training steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMOOTH = 1e-4
"""Share of a slice's pixels: about 26 at 512 x 512."""


def errors_of(table: NDArray[np.int64]) -> dict[tuple[int, int], float]:
    r"""The error of each slice, by case and z; the mean where it occurs several times.

    .. math:: e = \frac{FP + FN}{2\,TP + FP + FN + s}

    is 1 - DSC, but for a smoothing s of :data:`SMOOTH` of the pixels: without it a single wrong
    pixel in a slice without lung would be as bad as a lung that was missed. The counts are those of
    the steps themselves, so that they take no further pass and are the same in all processes.

    Args:
        table: One row per slice and occurrence: case, z, tp, fp, fn, tn.

    Example:
        >>> missed, one_pixel = [0, 7, 0, 0, 9000, 91000], [0, 8, 0, 1, 0, 99999]
        >>> {z: round(e, 3) for (_, z), e in errors_of(np.array([missed, one_pixel])).items()}
        {7: 0.999, 8: 0.091}
    """
    case, z, tp, fp, fn, tn = table.T
    smooth = SMOOTH * (tp + fp + fn + tn)
    error = (fp + fn) / (2 * tp + fp + fn + smooth)
    of_slice: dict[tuple[int, int], list[float]] = {}
    for key, value in zip(zip(case.tolist(), z.tolist(), strict=True), error, strict=True):
        of_slice.setdefault(key, []).append(float(value))
    return {key: sum(values) / len(values) for key, values in of_slice.items()}
