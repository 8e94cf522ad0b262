"""Completion in shells: Hydra's, for a program that has commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, suppress
from io import StringIO

from lungseg.command.launch import launch
from lungseg.errors import ConfigError

FLAGS = ("-sc", "--shell_completion")
SHELLS = ("bash", "zsh", "fish")
ACTIONS = ("install", "uninstall", "query")


def complete(words: list[str], commands: Iterable[str]) -> int:
    """Do what ``-sc install=bash`` asks for, and return the exit code.

    Args:
        words: As typed: the flag, then what to do for which shell.
        commands: Of lungseg.
    """
    action, _, shell = words[1].partition("=") if len(words) == 2 else ("", "", "")
    if action not in ACTIONS or shell not in SHELLS:
        error = ConfigError(
            f"{words[0]}: goes with install=SHELL or uninstall=SHELL, one of {', '.join(SHELLS)}:"
            f' eval "$(lungseg {words[0]} install=bash)"'
        )
        print(f"lungseg: error: {error}", file=sys.stderr)
        return 2
    if action != "query":
        return launch("train", words)  # the same script for all commands
    # A shell asks at each press of TAB. Whatever cannot be completed is no error of the user's.
    with redirect_stderr(StringIO()), suppress(Exception):
        _query(words, shell, commands)
    return 0


def _query(words: list[str], shell: str, commands: Iterable[str]) -> None:
    """Print what may follow the line that the shell passes on in ``COMP_LINE``."""
    _, _, rest = os.environ["COMP_LINE"].lstrip().partition(" ")
    command, space, overrides = rest.lstrip().partition(" ")
    if not space:
        names = [name for name in commands if name.startswith(command)]
        print(("\n" if shell == "fish" else " ").join(names))
    elif command in commands:
        os.environ["COMP_LINE"] = f"lungseg {overrides}"
        launch(command, words)
