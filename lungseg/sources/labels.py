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

EXAMPLE = "'data.labels={both: [2,3]}'"


def check_labels(
    labels: Mapping[str, Sequence[int]] | Sequence[int] | int,
) -> dict[Side, list[int]]:
    """Values by side, each used once; a list or a number by itself is of both lungs.

    Without any, masks must say by themselves what is lung: see :func:`by_labels`.

    Raises:
        ConfigError: If a side is unknown, or a value is repeated or not a positive whole number.
    """
    if isinstance(labels, int) and not isinstance(labels, bool):
        labels = {"both": [labels]}
    elif isinstance(labels, Sequence) and not isinstance(labels, str):
        labels = {"both": labels}
    if not isinstance(labels, Mapping):
        raise ConfigError(f"data.labels={labels}: must say which values are lungs: {EXAMPLE}")
    other = set(labels) - set(SIDES)
    if other:
        raise ConfigError(
            f"data.labels: {sorted(other)[0]!r} must be left, right or both: {EXAMPLE}"
        )
    for side, numbers in labels.items():
        if numbers is not None and (isinstance(numbers, str) or not isinstance(numbers, Sequence)):
            raise ConfigError(f"data.labels.{side}={numbers}: a list is expected: [{numbers}]")
    by_side: dict[Side, list[int]] = {side: list(labels.get(side) or []) for side in SIDES}
    values = [value for side in SIDES for value in by_side[side]]
    if len(set(values)) < len(values):
        raise ConfigError("data.labels: name each value once")
    if not all(isinstance(value, int) and value > 0 for value in values):
        raise ConfigError(f"data.labels: values are whole numbers above 0: {EXAMPLE}")
    return by_side


def by_labels(
    array: NDArray[Any], labels: Mapping[Side, Sequence[int]]
) -> tuple[list[tuple[Side, NDArray[np.uint8]]], list[Finding]]:
    """Masks of the sides that are listed in `labels`.

    Args:
        array: Label map of any number type, with values that are whole up to rounding.
        labels: Values by side; others are ignored. Without any, a map of 0 and 1 is of both lungs.

    Returns:
        Side and mask, uint8 of the array's shape, and findings.

    Raises:
        DataError: If the map contains fractions, or none of the values; or others than 0 and 1
            where `labels` has none.
    """
    array, rounded = whole_labels(array)
    present = {int(value) for value in np.unique(array)}
    known = sorted(present - {0})
    if not any(labels.values()):
        labels = {"both": [1]}
        if not known:
            raise DataError("the mask contains no lung: it is 0 everywhere")
        if set(known) - {1}:
            raise DataError(_which_are_lungs(known))
    wanted = {value for values in labels.values() for value in values}
    if not present & wanted:
        listed = ", ".join(map(str, known[:8])) or "only 0"
        raise DataError(
            f"the mask contains none of the values {sorted(wanted)} of data.labels, but {listed}"
        )
    findings = of_mask(rounded)
    if set(known) - wanted:
        left_out = ", ".join(map(str, sorted(set(known) - wanted)[:8]))
        text = f"values of the mask that are not in data.labels are ignored: {left_out}"
        findings.append(Finding("labels-left-out", "info", text))
    parts = []
    for side, values in labels.items():
        if values:
            mask = np.zeros_like(array, np.bool_)
            for value in values:
                mask |= array == value
            parts.append((side, mask.astype(np.uint8)))
    return parts, findings


def _which_are_lungs(known: list[int]) -> str:
    """The error of a map whose values nobody has explained."""
    listed = ", ".join(map(str, known[:8]))
    has = "values" if len(known) > 1 else "value"
    # As predict writes them.
    sides = "[1], left: [2]" if known == [1, 2] else "[…], left: […]"
    typed = f"data.labels=[…], or 'data.labels={{right: {sides}}}'"
    return f"the mask has the {has} {listed}; say which are lung: {typed}"


def one_value(array: NDArray[Any]) -> tuple[NDArray[np.uint8], list[Finding]]:
    """Mask of a file for one side: the voxels that are not 0.

    Args:
        array: Any number type.

    Returns:
        0 or 1, uint8 of the array's shape, and findings.

    Raises:
        DataError: If there is more than one value besides 0, as in a label map or a map of
            probabilities, or no 0.
    """
    array, rounded = whole_labels(array)
    values = {int(value) for value in np.unique(array)}
    if 0 not in values or len(values) > 2:
        present = ", ".join(map(str, sorted(values)[:8]))
        raise DataError(f"the mask of one side must have 0 and one other value, but has {present}")
    return (array != 0).astype(np.uint8), of_mask(rounded)


def whole_labels(array: NDArray[Any]) -> tuple[NDArray[Any], list[Finding]]:
    """Round a label map whose values are nearly whole.

    Files with a scale factor, or of floating-point type, have values such as 0.99999994 for 1.

    Args:
        array: Label map of any number type.

    Returns:
        The map, and findings.

    Raises:
        DataError: If a value is further than 0.05 from a whole number, as in a probability map, or
            is not a number.
    """
    if array.dtype.kind in "biu":
        return array, []
    if array.dtype.kind != "f":
        raise DataError("the mask contains values that are not whole numbers")
    # Slice by slice: all at once would take three times the map's memory.
    off = float(np.max([_off_whole(part) for part in array], initial=0.0))
    if not off <= OFF_WHOLE:  # also refuses NaN
        raise DataError("the mask contains values that are not whole numbers")
    if not off:
        return array, []
    text = f"values up to {off:.1g} off a whole number were rounded"
    return np.rint(array), [Finding("non-integer", "warning", text)]


def _off_whole(part: NDArray[Any]) -> float:
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        return float(np.abs(part - np.rint(part)).max(initial=0.0))


def of_mask(findings: Sequence[Finding]) -> list[Finding]:
    """Findings on a file, worded as findings on its mask."""
    return [
        Finding(finding.code, finding.severity, f"the mask: {finding.text}") for finding in findings
    ]
