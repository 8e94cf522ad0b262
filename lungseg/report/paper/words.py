"""Classes and their arguments in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lungseg.report.paper.known import KNOWN, Known
from lungseg.report.paper.prose import Cite, Code, Piece, Text
from lungseg.report.paper.source import Source, plain
from lungseg.runs.provenance import PROVENANCE

TARGET = "_target_"


def of_class(source: Source, *path: str, leave_out: Iterable[str] = ()) -> list[Piece]:
    """A configured class in words, with a reference if it is known, and all of its arguments.

    A class that is not known, such as one of the user's, goes by its own name.

    Args:
        source: The run.
        *path: Of the node in the configuration.
        leave_out: Arguments that are told elsewhere.
    """
    target = str(source.config(*path, TARGET))
    known = KNOWN.get(target)
    pieces: list[Piece] = [known.words if known else "the class ", *_named(target, known)]
    told = list(arguments(source, *path, leave_out=leave_out))
    return [*pieces, *([" (", *joined(told, ", "), ")"] if told else [])]


def _named(target: str, known: Known | None) -> list[Piece]:
    if known is None:
        return [Code(target)]
    return [" ", Cite(known.reference)] if known.reference else []


def arguments(
    source: Source,
    *path: str,
    leave_out: Iterable[str] = (),
    form: Callable[[Any], str] = plain,
) -> Iterator[list[Piece]]:
    """Arguments of a configured class that are set, with values; a class in them with its own.

    Args:
        source: The run.
        *path: Of the node in the configuration.
        leave_out: Arguments that are told elsewhere.
        form: From a value to text.
    """
    node = source.config(*path)
    for name, value in node.items() if isinstance(node, dict) else ():
        if name.startswith("_") or name in leave_out:
            continue
        if isinstance(value, dict) and TARGET in value:
            yield [f"{name}: ", *of_class(source, *path, name)]
        elif isinstance(value, dict):
            inner = list(arguments(source, *path, name, form=form))
            yield [f"{name} (", *joined(inner, ", "), ")"]
        elif value is not None:
            yield [f"{name} {source.text(PROVENANCE, 'config', *path, name, form=form)}"]


def joined(parts: Iterable[Text], joint: str) -> list[Piece]:
    """Texts as one."""
    pieces: list[Piece] = []
    for part in parts:
        pieces += [joint, *part] if pieces else part
    return pieces


def several(n: int, one: str, many: str = "") -> str:
    """One or many of a thing, without the number.

    Example:
        >>> several(1, "case"), several(2, "case"), several(0, "mass", "masses")
        ('case', 'cases', 'masses')
    """
    return one if n == 1 else many or f"{one}s"


def node_of(source: Source, *path: str) -> dict[str, Any]:
    """A node of the configuration; empty if there is none."""
    node: dict[str, Any] = source.config(*path) or {}
    return node
