"""Cases kept in memory from one job of a sweep to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Key = tuple[str, str, str]
"""Store, name of the case, hash of its content."""

_kept: dict[Key, tuple[Any, Any]] = {}


def kept(key: Key, read: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
    """Image and mask of a case, read only if no earlier run of this process has read them.

    Args:
        key: Identifies the content.
        read: Reads it.
    """
    if key not in _kept:
        _kept[key] = read()
    return _kept[key]


def forget_others(keys: Collection[Key]) -> None:
    """Free the memory of all cases but these."""
    for key in _kept.keys() - set(keys):
        del _kept[key]
