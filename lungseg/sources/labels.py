"""Lungs by the values of a label map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import ConfigError, DataError
from lungseg.findings import Finding
from lungseg.sources.hu import OFF_WHOLE
from lungseg.sources.lungs import Side

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
    for side, numbers in labels.items():
        if numbers is not None and (isinstance(numbers, str) or not isinstance(numbers, Sequence)):
            raise ConfigError(f"data.labels.{side}={numbers}: a list is expected: [{numbers}]")
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
        array: Label map of any number type, values whole up to rounding.
        labels: Values by side; others are left out.

    Returns:
        Side and mask, uint8 of the array's shape, and what a reviewer should know.

    Raises:
        DataError: If the map holds other than whole numbers, or none of the values.
    """
    array, rounded = whole_labels(array)
    present = {int(value) for value in np.unique(array)}
    wanted = {value for values in labels.values() for value in values}
    known = sorted(present - {0})
    if not present & wanted:
        held = ", ".join(map(str, known[:8])) or "only 0"
        raise DataError(
            f"the mask holds none of the values {sorted(wanted)} of data.labels, but {held}"
        )
    findings = of_mask(rounded)
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


def one_value(array: NDArray[Any]) -> tuple[NDArray[np.uint8], list[Finding]]:
    """Mask of a file that holds one side: where it is not 0.

    Args:
        array: Any number type.

    Returns:
        0 or 1, uint8 of the array's shape, and what a reviewer should know.

    Raises:
        DataError: If there is more than one value besides 0, as in a label map or a map of
            probabilities, or no 0.
    """
    array, rounded = whole_labels(array)
    values = {int(value) for value in np.unique(array)}
    if 0 not in values or len(values) > 2:
        held = ", ".join(map(str, sorted(values)[:8]))
        raise DataError(f"the mask of one side must hold 0 and one other value, but has {held}")
    return (array != 0).astype(np.uint8), of_mask(rounded)


def whole_labels(array: NDArray[Any]) -> tuple[NDArray[Any], list[Finding]]:
    """A label map whose values are whole numbers, rounded where they are so up to rounding.

    Files with a scale, or written as floats, give 0.996 or 0.99999994 where 1 is meant.

    Args:
        array: Label map of any number type.

    Returns:
        The map, and what a reviewer should know.

    Raises:
        DataError: If a value lies further than 0.05 off a whole number, as in a map of
            probabilities, or is none.
    """
    if array.dtype.kind in "biu":
        return array, []
    if array.dtype.kind != "f":
        raise DataError("the mask holds values that are no whole numbers")
    # A slice at a time: all at once would take thrice the map's memory.
    off = float(np.max([_off_whole(part) for part in array], initial=0.0))
    if not off <= OFF_WHOLE:  # NaN is neither
        raise DataError("the mask holds values that are no whole numbers")
    if not off:
        return array, []
    text = f"values up to {off:.1g} off a whole number were rounded"
    return np.rint(array), [Finding("non-integer", "warning", text)]


def _off_whole(part: NDArray[Any]) -> float:
    with np.errstate(invalid="ignore"):  # infinity less itself
        return float(np.abs(part - np.rint(part)).max(initial=0.0))


def of_mask(findings: Sequence[Finding]) -> list[Finding]:
    """Findings on a file, worded as findings on the mask that it holds."""
    return [Finding(one.code, one.severity, f"the mask: {one.text}") for one in findings]
