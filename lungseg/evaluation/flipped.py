"""Masks that would fit if they were flipped: their geometry is wrong, not what was found."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

GOOD, BETTER_BY = 0.8, 0.1
"""DSC that a flipped mask must have, and by how much more than the mask as it is. Real lungs
mirrored right to left or front to back still have a DSC of 0.54 to 0.74 with themselves."""
AXES = ("feet to head", "front to back", "right to left")


def better_flip(mask: NDArray[np.bool_], reference: NDArray[np.bool_]) -> str | None:
    """What a flip would do to a mask that does not fit; None where none would help.

    Nothing is flipped: the numbers are those of the mask where its file places it.

    Args:
        mask: ``[z, y, x]``.
        reference: Likewise.

    Example:
        >>> lung = np.zeros((2, 3, 4), bool)
        >>> lung[0, 1:, 1] = True
        >>> better_flip(lung[::-1], lung)
        'flipped feet to head its DSC would be 1.00 instead of 0.00: is its geometry right?'
    """
    own = _dsc(mask, reference)
    if own > 1 - BETTER_BY:
        return None
    best, name = 0.0, ""
    for flips in product((False, True), repeat=3):
        axes = tuple(axis for axis, flip in enumerate(flips) if flip)
        value = _dsc(np.flip(mask, axes), reference)
        if value > best:
            best, name = value, " and ".join(AXES[axis] for axis in axes)
    if best < GOOD or best < own + BETTER_BY:
        return None
    return (
        f"flipped {name} its DSC would be {best:.2f} instead of {own:.2f}: is its geometry right?"
    )


def _dsc(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    both = np.count_nonzero(a) + np.count_nonzero(b)
    return 2 * float(np.count_nonzero(a & b)) / both if both else 0.0
