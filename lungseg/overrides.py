"""Overrides as people type them, rewritten so that Hydra parses them as intended."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from typing import Any

from lungseg.privacy import PATHS

# Flags of Hydra that take the next word as their value.
VALUE_FLAGS = (
    *("-cp", "--config-path", "-cn", "--config-name", "-cd", "--config-dir", "-p", "--package"),
    *("-c", "--cfg", "--experimental-rerun"),
)
PAIRS = {"(": ")", "[": "]", "{": "}"}


def quoted_overrides(words: list[str]) -> list[str]:
    """The words of a command line, with those values in quotes that Hydra would misread.

    Paths are the reason: Hydra reads no letter outside ASCII without quotes, takes ``[x]`` for a
    list and ``2024_01`` for a number.

    Args:
        words: Overrides and flags, as typed.
    """
    sweep = "-m" in words or "--multirun" in words
    made = [
        word if is_flag else _quoted_override(word, sweep)
        for word, is_flag in zip(words, _flags(words), strict=True)
    ]
    return [*map(_without_choice, made)] if sweep else made


def as_typed(overrides: Any) -> list[str]:
    """Overrides in Hydra's settings as text: OmegaConf would resolve a ``${`` in them."""
    from omegaconf import OmegaConf

    words: Any = OmegaConf.to_container(overrides)
    return [str(word) for word in words]


def flags_first(words: list[str]) -> list[str]:
    """The words with all flags in front: argparse takes overrides on one side of a flag only.

    >>> flags_first(["seed=1", "--config-dir", "mine", "-m", "model=own"])
    ['--config-dir', 'mine', '-m', 'seed=1', 'model=own']
    """
    marked = [*zip(_flags(words), words, strict=True)]
    return [word for wanted in (True, False) for flag, word in marked if flag == wanted]


def _flags(words: list[str]) -> list[bool]:
    """Whether each word is a flag or a flag's value."""
    before = ["", *words]
    return [
        word.startswith("-") or flag in VALUE_FLAGS
        for flag, word in zip(before, words, strict=False)
    ]


def split_override(word: str) -> tuple[str, str, str]:
    """The setting's name without prefix and package, all before its value, and the value."""
    key, _, value = word.partition("=")
    return key.lstrip("+").partition("@")[0], f"{key}=", value


def setting_of_override(word: str) -> str:
    """The setting that an override sets, adds or removes.

    >>> setting_of_override("~scheduler"), setting_of_override("++loss.alpha=0.5")
    ('scheduler', 'loss.alpha')
    """
    return word.lstrip("+~").partition("=")[0]


def quote_twice(word: str) -> str:
    """An override as it would be typed in a shell for its value to be taken as text."""
    _, start, value = split_override(word)
    return shlex.quote(start + quoted(value))


def _quoted_override(word: str, sweep: bool) -> str:
    key, start, value = split_override(word)
    if not value or start.startswith("~") or _parsed(start) is None:
        return word
    is_path = key in PATHS
    many = is_path and PATHS[key].many
    read = _parsed(word)
    if is_path and os.path.lexists(value):
        made = (
            None if read is not None and _means(read[0], value, sweep) else quoted(literal(value))
        )
    elif read is None:
        made = _rescued(value, is_path, sweep, is_list=many or not is_path)
    elif many and isinstance(read[0], list) and value[0] + value[-1] == "[]":
        made = _each(value, "[", "]", is_path)
    elif is_path and isinstance(read[0], int | float | list | dict):
        made = quoted(value)
    else:
        return word
    # What is still unreadable is refused by Hydra, with the word as it was typed.
    return word if made is None or _parsed(start + made) is None else start + made


def _means(value: Any, path: str, sweep: bool) -> bool:
    """Whether Hydra reads the name of an existing path as that name, or as what outranks it."""
    from hydra.core.override_parser.types import Sweep

    if value is None or (sweep and isinstance(value, Sweep)):
        return True
    return bool(value == path) and "${" not in path


def _rescued(value: str, is_path: bool, sweep: bool, *, is_list: bool) -> str | None:
    """A value that Hydra cannot read, in quotes where it plausibly is text."""
    if value.startswith("~"):
        return None  # the shell would have made it a path at the start of a word
    if is_list and value[0] == "[" and value[-1] == "]":
        return _each(value, "[", "]", is_path)
    if sweep and re.match(r"choice\(.*\)$", value):
        return _each(value, "choice(", ")", is_path)
    if sweep and len([*_items(value)]) > 1:
        return _each(value, "", "", is_path)
    if value[0] in "'\"":
        # Lightning puts a run's folder in quotes without a look at the quotes in it.
        whole = is_path and len(value) > 1 and value[0] == value[-1]
        return quoted(value[1:-1]) if whole else quoted(value) if is_path else None
    return quoted(value) if is_path or _is_text(value) else None


def _is_text(value: str) -> bool:
    """Whether a value is a name or a path rather than a slip in a number, list or function."""
    if os.path.lexists(value):
        return True
    # {case} is where a pattern of files has the case's name.
    pattern = re.search(r"\{\w+\}", value)
    opened = value[0] == "[" or (value[0] == "{" and not pattern)
    letters = any(c.isalpha() and not c.isascii() for c in value)
    return not opened and ("/" in value or letters or pattern is not None)


def _each(value: str, start: str, end: str, is_path: bool) -> str | None:
    """A list, or what is swept over, each item in quotes that needs them."""
    made = []
    for item in _items(value[len(start) : len(value) - len(end)]):
        parsed = _parsed(f"x={item}")  # Hydra would read a part of an item alone
        if parsed is not None and not (
            is_path and not isinstance(parsed[0], str) and os.path.lexists(item)
        ):
            made.append(item)
            continue
        rescued = _rescued(item, is_path, False, is_list=True) if item else None
        if rescued is None:
            return None
        made.append(rescued)
    return f"{start}{','.join(made)}{end}"


def _without_choice(word: str) -> str:
    """``key=choice("a","b")`` as ``key="a","b"``: Hydra gives jobs a choice without its quotes."""
    _, start, value = split_override(word)
    chosen = re.fullmatch(r"choice\((.*)\)", value, re.DOTALL)
    items = [*_items(chosen[1])] if chosen else []
    return start + ",".join(items) if any(item[:1] in ("'", '"') for item in items) else word


def _items(text: str) -> Iterator[str]:
    """Parts between commas that stand in no brackets and no quotes."""
    depth, quote, start = 0, "", 0
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "'\"" and not text[start:at].strip():
            quote = char  # inside a word it is an apostrophe
        elif char in PAIRS:
            depth += 1
        elif char in PAIRS.values():
            depth -= 1
        elif char == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _parsed(override: str) -> tuple[Any] | None:
    """The value that Hydra reads, in a tuple as it may be None; None where it cannot read it."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return (OverridesParser.create().parse_override(override).value(),)
    except HydraException:
        return None


def literal(text: str) -> str:
    r"""A text that OmegaConf reads as it is: ``${`` in it is not an interpolation.

    Example:
        >>> print(literal("${a}"))
        \${a}
    """
    return re.sub(r"(\\*)\$\{", lambda match: match[1] * 2 + r"\${", text)


def literals(value: Any) -> Any:
    """Plain containers with each string as :func:`literal` writes it."""
    if isinstance(value, dict):
        return {key: literals(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literals(item) for item in value]
    return literal(value) if isinstance(value, str) else value


def quoted(text: str) -> str:
    """A text in double quotes, as Hydra's grammar reads it."""
    from hydra.core.override_parser.types import Quote, QuotedString

    return QuotedString(text, Quote.double).with_quotes()
