"""Settings that mean something else to Hydra than to whoever typed them."""

from __future__ import annotations

import re
from collections.abc import Sequence

TYPED, MEANT = "model", "models"
"""For training ``model`` is a group of networks; here it names trained ones."""
LABELS = "data.labels"
COMMANDS = ("predict", "evaluate")
MASKS, FOLDER = "predictions", "predictions.path"
"""Masks of others are named by their folder; its settings are below the same word."""


def with_models(command: str, words: Sequence[str]) -> list[str]:
    """The words of a command line, with ``model=RUN`` under the name that it has for Hydra.

    >>> with_models("predict", ["model=outputs/a", "input=scans"])
    ['models=outputs/a', 'input=scans']
    >>> with_models("train", ["model=unet"])
    ['model=unet']
    """
    if command not in COMMANDS:
        return list(words)
    return [
        MEANT + word.removeprefix(TYPED) if word.startswith(f"{TYPED}=") else word for word in words
    ]


def as_typed(command: str, line: str) -> str:
    """A message with the setting's name as people type it.

    >>> as_typed("predict", "modle: no such setting; did you mean models?")
    'modle: no such setting; did you mean model?'
    """
    return re.sub(rf"\b{MEANT}(?=[?=:])", TYPED, line) if command in COMMANDS else line


def with_folder(words: Sequence[str]) -> list[str]:
    """The words of a command line, with ``predictions=DIR`` as the folder of a node.

    >>> with_folder(["predictions=masks", "predictions.resample=true", "+predictions={path: a}"])
    ['predictions.path=masks', 'predictions.resample=true', '+predictions={path: a}']
    """
    start = f"{MASKS}="
    return [
        FOLDER + word.removeprefix(MASKS)
        if word.startswith(start) and not word.startswith(f"{start}{{")
        else word
        for word in words
    ]


def with_labels(words: Sequence[str]) -> list[str]:
    """The words of a command line, with a list of labels as those of both lungs.

    Hydra cannot replace the mapping of sides by a list.

    >>> with_labels(["data.labels=[2,3]", "data.labels.left=[2]"])
    ['data.labels={both:[2,3]}', 'data.labels.left=[2]']
    """
    start = f"{LABELS}=["
    return [
        f"{LABELS}={{both:{word.partition('=')[2]}}}" if word.startswith(start) else word
        for word in words
    ]
