"""Structures that are lungs by their names, and how they are combined into one mask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import ConfigError, DataError
from lungseg.findings import Finding, Severity

Side = Literal["left", "right", "both"]

# The numbers in Case.sides.
RIGHT, LEFT = 1, 2
# Below this overlap, a structure of both lungs is not the union of left and right.
SAME_DSC = 0.99
# Below this share of the smaller lung, an overlap is usual along the border of two outlines.
BORDER_SHARE = 0.01


@dataclass(frozen=True)
class LungNames:
    """Regular expressions for the names of lungs; the whole name must match, in any case.

    Args:
        left: For the patient's left lung.
        right: For the right lung.
        both: For both lungs in one structure.

    Raises:
        ConfigError: If a pattern is not a regular expression, or all lists are empty.
    """

    left: Sequence[str] = ()
    right: Sequence[str] = ()
    both: Sequence[str] = ()

    def __post_init__(self) -> None:
        for side, patterns in self.by_side().items():
            if isinstance(patterns, str):
                raise ConfigError(
                    f"lungs.{side}: a list is expected: data.lungs.{side}=[{patterns}]"
                )
            for pattern in patterns:
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ConfigError(
                        f"lungs.{side}: '{pattern}' is not a regular expression ({error})"
                    ) from None
        if not any(self.by_side().values()):
            raise ConfigError("lungs: no pattern for left, right or both")

    @classmethod
    def of(cls, setting: Mapping[str, Sequence[str]]) -> LungNames:
        """From a setting.

        Raises:
            ConfigError: If it is not a mapping of sides to lists.
        """
        if not isinstance(setting, Mapping) or not {*setting} <= {"left", "right", "both"}:
            raise ConfigError("lungs: lists for left, right and both: data.lungs.left=[NAME, …]")
        return cls(**setting)

    def by_side(self) -> dict[Side, Sequence[str]]:
        """The patterns of each side."""
        return {"left": self.left, "right": self.right, "both": self.both}


def pick(names: Iterable[str], lungs: LungNames) -> dict[str, Side]:
    """Find the structures that are lungs.

    Args:
        names: Names of all structures. Those of other structures are never shown: they may contain
            a person's name.
        lungs: Patterns of the names of lungs.

    Returns:
        The side of each matching name.

    Raises:
        DataError: If no name matches, or one matches patterns of two sides.
    """
    names = list(names)
    picked: dict[str, Side] = {}
    for name in names:
        sides = [
            side
            for side, patterns in lungs.by_side().items()
            if any(re.fullmatch(pattern, name.strip(), re.IGNORECASE) for pattern in patterns)
        ]
        if len(sides) > 1:
            raise DataError(f"a structure's name matches patterns of lungs.{' and '.join(sides)}")
        if sides:
            picked[name] = sides[0]
    if not picked:
        tried = "; ".join(
            f"{side}: {', '.join(patterns)}" for side, patterns in lungs.by_side().items()
        )
        raise DataError(f"none of {len(names)} structure(s) is a lung by name (tried {tried})")
    return picked


def combine(
    parts: Sequence[tuple[Side, NDArray[np.uint8]]],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None, list[Finding]]:
    """Make one mask of structures into one mask, and keep the sides if they are known.

    Left and right are used if both exist; a structure of both lungs is then only compared with
    them. Voxels in both left and right are assigned to the right lung. With one side and a
    structure of both lungs, the remainder is the other side.

    Args:
        parts: Side and mask of each structure, 0 or 1, uint8 ``[z, y, x]``, all on one grid and
            with y increasing toward the patient's back, x to the left.

    Returns:
        The mask, the sides (1 the patient's right, 2 the left, None if not known), and findings.

    Raises:
        DataError: If all are empty.
    """
    filled = [(side, mask) for side, mask in parts if mask.any()]
    if not filled:
        raise DataError("the lung structures are empty on this image")
    findings = []
    if len(filled) < len(parts):
        text = f"{len(parts) - len(filled)} lung structure(s) are empty on this image"
        findings.append(Finding("structure-empty", "warning", text))
    united: dict[Side, NDArray[np.uint8]] = {}
    for side, mask in filled:
        if side in united and (shared := np.count_nonzero(united[side] & mask)):
            text = f"two structures for {side} share {shared} voxels; united"
            findings.append(Finding("structures-overlap", "warning", text))
        united[side] = united[side] | mask if side in united else mask

    if "left" in united and "right" in united:
        left, right = united["left"], united["right"]
        findings += _compare(left, right, united.get("both"))
        return left | right, np.where(right > 0, np.uint8(RIGHT), left * np.uint8(LEFT)), findings
    if "left" in united:
        known, lung, label, other = "left", united["left"], LEFT, RIGHT
    elif "right" in united:
        known, lung, label, other = "right", united["right"], RIGHT, LEFT
    else:
        return united["both"], None, findings
    if "both" not in united:
        text = f"only the {known} lung has a structure: a lone lung, or data.lungs misses a name"
        if {side for side, _ in parts} >= {"left", "right"}:
            text = f"only the {known} lung is drawn on this image; the other has an empty structure"
        findings.append(Finding("one-lung", "error", text))
        return lung, lung * np.uint8(label), findings
    text = f"the other lung is the structure of both without the {known} lung"
    findings.append(Finding("one-side", "info", text))
    mask = united["both"] | lung
    return mask, np.where(lung > 0, np.uint8(label), mask * np.uint8(other)), findings


def _compare(
    left: NDArray[np.uint8], right: NDArray[np.uint8], both: NDArray[np.uint8] | None
) -> list[Finding]:
    """Findings on two lungs compared with each other, and with a structure of both."""
    findings = []
    if shared := np.count_nonzero(left & right):
        smaller = min(np.count_nonzero(left), np.count_nonzero(right))
        severity: Severity = "warning" if shared > BORDER_SHARE * smaller else "info"
        text = f"{shared} voxels are in both left and right lung; assigned to the right"
        findings.append(Finding("sides-overlap", severity, text))
    if _middle(left) < _middle(right):
        text = "the left lung lies to the right of the right lung"
        findings.append(Finding("sides-swapped", "error", text))
    if both is not None and (dsc := _dsc(left | right, both)) < SAME_DSC:
        text = (
            "left and right were used, though the structure of both differs from them"
            f" (DSC {dsc:.3f})"
        )
        findings.append(Finding("both-differs", "warning", text))
    return findings


def _dsc(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def _middle(mask: NDArray[np.uint8]) -> float:
    """Mean position along the last axis, in voxels."""
    counts = mask.sum(axis=(0, 1), dtype=np.int64)
    return float(counts @ np.arange(len(counts)) / counts.sum())
