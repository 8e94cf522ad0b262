"""Lungs by the values of a label map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.lungs import Side
from lungseg.errors import ConfigError, DataError
from lungseg.findings import Finding

SIDES: tuple[Side, ...] = ("left", "right", "both")


def check_labels(labels: Mapping[str, Sequence[int]]) -> dict[Side, list[int]]:
    """Values by side, each used once.

    Raises:
        ConfigError: If a side is none, a value stands twice or is no positive whole number, or
            there is none.
    """
    other = set(labels) - set(SIDES)
    if other:
        raise ConfigError(f"data.labels: {sorted(other)[0]!r} is none of left, right, both")
    made: dict[Side, list[int]] = {side: list(labels.get(side) or []) for side in SIDES}
    values = [value for side in SIDES for value in made[side]]
    if not values or len(set(values)) < len(values):
        raise ConfigError("data.labels: name at least one value, and each once")
    if not all(isinstance(value, int) and value > 0 for value in values):
        raise ConfigError("data.labels: values are whole numbers above 0")
    return made


def by_labels(
    array: NDArray[Any], labels: Mapping[Side, Sequence[int]]
) -> tuple[list[tuple[Side, NDArray[np.uint8]]], list[Finding]]:
    """Masks of the sides that have values.

    Args:
        array: Label map of any number type, whole values.
        labels: Values by side; others are left out.

    Returns:
        Side and mask, uint8 of the array's shape, and what a reviewer should know.

    Raises:
        DataError: If the map holds other than whole numbers, or none of the values.
    """
    present = whole_values(array)
    wanted = {value for values in labels.values() for value in values}
    known = sorted(present - {0})
    if not present & wanted:
        held = ", ".join(map(str, known[:8])) or "only 0"
        raise DataError(
            f"the mask holds none of the values {sorted(wanted)} of data.labels, but {held}"
        )
    findings = []
    if set(known) - wanted:
        left_out = ", ".join(map(str, sorted(set(known) - wanted)[:8]))
        text = f"values of the mask that data.labels does not name are left out: {left_out}"
        findings.append(Finding("labels-left-out", "info", text))
    parts = []
    for side, values in labels.items():
        if values:
            mask = np.zeros_like(array, np.bool_)
            for value in values:
                mask |= array == value
            parts.append((side, mask.astype(np.uint8)))
    return parts, findings


def one_value(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Mask of a file that holds one side: where it is not 0.

    Args:
        array: Any number type.

    Returns:
        0 or 1, uint8 of the array's shape.

    Raises:
        DataError: If there is more than one value besides 0, as in a label map or a map of
            probabilities, or no 0.
    """
    values = whole_values(array)
    if 0 not in values or len(values) > 2:
        held = ", ".join(map(str, sorted(values)[:8]))
        raise DataError(f"the mask of one side must hold 0 and one other value, but has {held}")
    mask: NDArray[np.uint8] = (array != 0).astype(np.uint8)
    return mask


def whole_values(array: NDArray[Any]) -> set[int]:
    """Values of a label map.

    Raises:
        DataError: If there are other than whole numbers.
    """
    values = np.unique(array)
    if values.dtype.kind not in "biuf" or not (values == np.rint(values)).all():
        raise DataError("the mask holds values that are no whole numbers")
    return {int(value) for value in values}
