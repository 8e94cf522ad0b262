"""What synthetic cohorts may be like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lungseg.arguments.numbers import check_at_least

PHANTOM_KINDS = (
    *("bulla", "emphysema", "effusion", "tumour", "pneumothorax", "thick_table", "hollow_table"),
    *("cushion", "arms_down", "cut", "airway", "subcutaneous_air"),
)
"""What harder synthetic patients have, in the order in which patients get it."""


def check_phantom(
    *, n_cases: int, size: int, n_slices: int, seed: int, kinds: object = (), **_: Any
) -> None:
    """Check a synthetic cohort; where its source writes it is left alone.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    check_at_least(n_cases=(n_cases, 1), size=(size, 32), n_slices=(n_slices, 12), seed=(seed, 0))
    check_phantom_kinds(kinds)


def check_phantom_kinds(kinds: object) -> tuple[str, ...]:
    """Check what synthetic patients have.

    Args:
        kinds: Names from :data:`PHANTOM_KINDS`, one of them, or ``all``.

    Returns:
        The names.

    Raises:
        ValueError: If there is no such kind.

    Example:
        >>> check_phantom_kinds(["bulla", "cut"])
        ('bulla', 'cut')
        >>> check_phantom_kinds("all") == PHANTOM_KINDS
        True
    """
    if kinds == "all":
        return PHANTOM_KINDS
    names = kinds if isinstance(kinds, Sequence) and not isinstance(kinds, str) else [kinds]
    for name in names:
        if name not in PHANTOM_KINDS:
            raise ValueError(f"kinds must be all, or of {', '.join(PHANTOM_KINDS)}; got {name!r}")
    return tuple(names)
