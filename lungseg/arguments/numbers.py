"""Checks of single values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeGuard


def check_at_least(**arguments: tuple[object, int]) -> None:
    """Refuse the first argument that is no whole number, or below its minimum."""
    for name, (value, least) in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def check_share(name: str, value: object) -> None:
    """Refuse what is no number from 0 to 1."""
    if not is_number(value) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, got {value!r}")


def as_pairs(name: str, value: object, pair: str) -> list[tuple[Any, Any]]:
    """A setting that is a list of pairs."""
    pairs = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    if not pairs or not all(
        isinstance(one, Sequence) and not isinstance(one, str) and len(one) == 2 for one in pairs
    ):
        raise ValueError(f"{name} must be a list of {pair}, got {value!r}")
    return [(first, second) for first, second in pairs]


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number; a bool is none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
