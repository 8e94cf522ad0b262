"""Where classes stood in earlier versions: records and stores name them by those places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOVED = {
    "lungseg.data.sources.": "lungseg.sources.",
    "lungseg.data.splits.": "lungseg.splits.",
}


def current_names(content: Any) -> Any:
    """Plain containers of an earlier version, with the places where classes stand now.

    >>> current_names({"_target_": "lungseg.data.splits.Fraction", "test": 2})
    {'_target_': 'lungseg.splits.Fraction', 'test': 2}
    """
    return _renamed(content, MOVED)


def first_names(content: Any) -> Any:
    """Plain containers with the places where classes stood first.

    Digests are taken of these: they stay the same when a class moves.
    """
    return _renamed(content, {new: old for old, new in MOVED.items()})


def _renamed(content: Any, prefixes: Mapping[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _renamed(value, prefixes) for key, value in content.items()}
    if isinstance(content, list):
        return [_renamed(value, prefixes) for value in content]
    if isinstance(content, str):
        for old, new in prefixes.items():
            if content.startswith(old):
                return new + content.removeprefix(old)
    return content
