"""What the comments of a YAML file say of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import yaml  # type: ignore[import-untyped]

Key = tuple[str, ...]
_COMMENT = re.compile(r"^:?\s+# ?(.*)$")


class Place(NamedTuple):
    """Where a key and its value stand.

    Attributes:
        first: Number of the key's line.
        last: Of the line on which the value ends; of a block below it, the key's.
        behind: What follows there.
    """

    first: int
    last: int
    behind: str


def keys(text: str) -> Iterator[tuple[Key, Place]]:
    """Each key of a file, nested ones by all words that lead there."""
    lines = [*text.splitlines(), ""]

    def walk(node: yaml.Node, path: Key) -> Iterator[tuple[Key, Place]]:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            block = isinstance(value, yaml.CollectionNode) and not value.flow_style
            end = (key if block else value).end_mark
            place = Place(key.start_mark.line, end.line, lines[end.line][end.column :])
            yield (*path, key.value), place
            yield from walk(value, (*path, key.value))

    yield from walk(yaml.compose(text, Loader=yaml.SafeLoader), ())


def comments(text: str) -> dict[Key, str]:
    r"""What is said of each key, on the lines above it and behind its value.

    The key of the comment at the head of the file is empty.

    Example:
        >>> comments("# Two.\na: 1 # the first\n# The second.\nb: 2")
        {(): 'Two.', ('a',): 'the first', ('b',): 'The second.'}
    """
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    found: dict[Key, list[str]] = {(): [line[1:].strip() for line in lines[:first]]}
    for key, place in keys(text):
        start = place.first
        while start > first and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        found[key] = [line.strip()[1:].strip() for line in lines[start : place.first]]
        if there := _COMMENT.match(place.behind):
            found[key].append(there[1])
    return {key: " ".join(said) for key, said in found.items() if any(said)}


def first_text(folders: Sequence[Path], file: str) -> str:
    """The text of a file in the first folder that has it; empty without any."""
    for folder in folders:
        with suppress(OSError):
            return (folder / file).read_text(encoding="utf-8")
    return ""
