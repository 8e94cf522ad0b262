"""What the values of an array say: labels, or probabilities of lung."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.sources.hu import OFF_WHOLE
from lungseg.sources.labels import whole_labels
from lungseg.sources.predicted.rules import MaskRules

USUAL = {0, 1, 2}
"""Values of which all but 0 are lung without being named: one for both lungs, or one for each."""
BEYOND = 1e-4
"""So far outside 0 to 1 probabilities may be: scale factors of files are rounded."""
SHOWN = 8


def lungs_in(array: NDArray[Any], rules: MaskRules) -> NDArray[Any]:
    """The lungs of an array without names.

    Args:
        array: Of any number type. Floats from 0 to 1 are probabilities, unless `rules` name values.
        rules: How masks are read.

    Returns:
        bool, of labels; or float32, probabilities from 0 to 1.

    Raises:
        DataError: If the values are neither, or nobody said which of them are lung.

    Example:
        >>> from lungseg.sources.lungs import LungNames
        >>> lungs_in(np.array([0, 2, 1]), MaskRules(LungNames(both=["lungs"])))
        array([False,  True,  True])
    """
    if rules.structures:
        raise DataError(f"it has numbers, not names of structures{_by_values(array, rules)}")
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())  # NaN where any is
        if not np.isfinite([low, high]).all():
            raise DataError("it contains values that are not finite (NaN or infinite)")
        if not rules.values and low >= -BEYOND and high <= 1 + BEYOND:
            return array.astype(np.float32).clip(0, 1)
        try:
            array, _ = whole_labels(array)
        except DataError:
            raise DataError(
                f"values from {low:g} to {high:g} are neither labels nor probabilities from 0 to 1"
            ) from None
    elif array.dtype.kind not in "biu":
        raise DataError(f"values of type {array.dtype.name} are no labels")
    if rules.values:
        return np.isin(array, rules.values)
    if not values_in(array) <= USUAL:
        raise DataError(
            f"its values are {shown_values(array)}: which of them are lung is not known beyond 0,"
            f" 1 and 2{_by_values(array, rules)}"
        )
    lungs: NDArray[np.bool_] = array != 0
    return lungs


def _by_values(array: NDArray[Any], rules: MaskRules) -> str:
    """How lungs are named by values, with values that are there; empty where there are none."""
    try:
        present = sorted(n for n in values_in(whole_labels(array)[0]) if n > 0)
    except DataError:  # probabilities
        return ""
    return rules.how_to_label(f"[{','.join(map(str, present[:2]))}]") if present else ""


def values_in(array: NDArray[Any]) -> set[int]:
    """The values of a label map."""
    # Slice by slice: sorting all at once would take several times the map's memory.
    return {int(value) for part in array for value in np.unique(part)}


def shown_values(array: NDArray[Any]) -> str:
    """The values of a label map as text, the lowest of many.

    >>> shown_values(np.arange(20).reshape(4, 5))
    '0, 1, 2, 3, 4, 5, 6, 7 and 12 more'
    """
    present = sorted(values_in(array))
    more = f" and {len(present) - SHOWN} more" if len(present) > SHOWN else ""
    return ", ".join(map(str, present[:SHOWN])) + more


def graded(probability: NDArray[np.float32]) -> bool:
    """Whether there is any value between: a mask may be stored as floats 0 and 1.

    >>> graded(np.array([[0, 0.3]], np.float32)), graded(np.array([[0, 1]], np.float32))
    (True, False)
    """
    return any(bool((np.abs(part - np.rint(part)) > OFF_WHOLE).any()) for part in probability)
