"""Words that a shell has split, and flags that there are not: said in one line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from lungseg.errors import ConfigError
from lungseg.overrides import PAIRS, flags_first


def check_words(words: Sequence[str]) -> None:
    """Stop at what argparse would answer with the usage of Hydra.

    Args:
        words: Overrides and flags, as typed.

    Raises:
        ConfigError: Naming the word, and how it is typed.
    """
    from hydra._internal.utils import get_args_parser

    for number, word in enumerate(words):
        if whole := _split_value(word, words[number + 1 :]):
            raise ConfigError(
                f"{word}: the shell has split this value at its spaces; quote the whole:"
                f" {shlex.quote(whole)}"
            )
        if "=" in (word, "".join(words[number + 1 : number + 2])):
            raise ConfigError("=: stands between a setting and its value without spaces: seed=1")
    parser = get_args_parser()
    parser.error = _refuse  # type: ignore[method-assign]
    _, unknown = parser.parse_known_args(flags_first([*words]))
    if unknown:
        bare = _as_setting(unknown[0], words)
        close = get_close_matches(unknown[0], parser._option_string_actions, n=1, cutoff=0.75)
        other = f"did you mean {close[0]}?" if close else "--hydra-help lists them"
        meant = f"settings have no dashes: {bare}" if "=" in bare else other
        raise ConfigError(f"{unknown[0]}: no such flag; {meant}")


def _as_setting(flag: str, words: Sequence[str]) -> str:
    """A flag as a setting, with its value if the next word is one."""
    bare = flag.lstrip("-")
    value = next(iter(words[words.index(flag) + 1 :]), "-") if flag in words else "-"
    if not flag.startswith("--") or "=" in bare or "=" in value or value.startswith("-"):
        return bare
    return shlex.quote(f"{bare}={value}")


def _refuse(message: str) -> NoReturn:
    if match := re.match(r"argument --(\S+?)(/-\w)?: ignored explicit argument '(.*)'$", message):
        message = f"--{match[1]}: takes no value; settings have no dashes: {match[1]}={match[3]}"
    raise ConfigError(message)


def _split_value(word: str, following: Sequence[str]) -> str:
    """The whole override that a word begins, if words after it close its brackets."""
    _, equals, value = word.partition("=")
    if not equals or value[:1] in ("'", '"') or not _open(value):
        return ""
    whole = word
    for more in following:
        if "=" in more or more in ("-m", "--multirun"):
            return ""
        whole = f"{whole} {more}"
        if not _open(whole.partition("=")[2]):
            return whole
    return ""


def _open(value: str) -> bool:
    return any(value.count(left) > value.count(right) for left, right in PAIRS.items())
