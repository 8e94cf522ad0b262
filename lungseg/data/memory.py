"""Cases kept in memory from one job of a sweep to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

Key = tuple[str, ...]
"""Store, name of the case, hash of its content, and what was made of it, if anything."""

_kept: dict[Key, Any] = {}


def kept(key: Key, read: Callable[[], Any]) -> Any:
    """Slices of a case, read only if no earlier run of this process has read them.

    Args:
        key: Identifies the content.
        read: Reads or makes it.
    """
    if key not in _kept:
        _kept[key] = read()
    return _kept[key]


def forget_others(keys: Collection[Key]) -> None:
    """Free the memory of all cases but these."""
    for key in _kept.keys() - set(keys):
        del _kept[key]
