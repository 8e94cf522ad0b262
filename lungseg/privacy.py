"""What identifies a patient or a hospital in settings: the one place that knows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

HIDDEN = "(not recorded)"
DEFAULT_KEY = "default"
"""The word for the usual place of ``data.patient_key``, which tells nothing."""
# A series may be chosen by a rule, which is recorded, or by its UID, which is not.
SERIES_KEYS = ("data.series", "data.source.series")
UID = re.compile(r"\d+(\.\d+){2,}")
WORD = re.compile(r"[\w.-]+")
# Names of another setting or of an environment variable, which tell nothing.
REFERENCE = re.compile(r"\$\{[\w.:]+\}")
# Names of our own options, which a folder may be called by too.
CHOICES = "hydra.runtime.choices"
RESULTS = "outputs"
"""The folder of results: a path below it may be recorded, as may ``${outputs}/…``."""


class PathSetting(NamedTuple):
    """What a setting's path leads to.

    Attributes:
        source: To patients' files, or to what belongs to them: never recorded. Otherwise to
            results, which are recorded where they are below ``outputs/``: a folder elsewhere may
            be called by a patient or a hospital too.
        many: Takes a list of paths too.
    """

    source: bool
    many: bool = False


SOURCE, RESULT = PathSetting(source=True), PathSetting(source=False)

PATHS = {
    **dict.fromkeys(
        (
            *("data.root", "data.source.root", "data.numbers", "data.source.numbers"),
            *("data.export_npz", "data.patient_key", "split.table", "split.file"),
            *("input", "output", "key"),  # output of other commands too
            *("predictions.path", "data.second_reader"),
        ),
        SOURCE,
    ),
    **dict.fromkeys(
        (
            *("outputs", "data.store", "store", "run", "ckpt", "ckpt_path", "init"),
            *("hydra.run.dir", "hydra.sweep.dir", "hydra.sweeper.storage"),
        ),
        RESULT,
    ),
    "runs": PathSetting(source=False, many=True),
    "models": PathSetting(source=False, many=True),
    "hydra.searchpath": PathSetting(source=False, many=True),
}
"""Every setting that takes a path, whatever characters are in it."""
SOURCE_KEYS = tuple(key for key, setting in PATHS.items() if setting.source)


def identifies(key: str, value: Any) -> bool:
    """Whether a setting's value could lead to a patient or a hospital.

    Example:
        >>> identifies("data.root", "/scans"), identifies("ckpt", "outputs/a/last.ckpt")
        (True, False)
    """
    if value in (None, "", "???", HIDDEN, DEFAULT_KEY) or REFERENCE.fullmatch(str(value)):
        return False
    if key in SERIES_KEYS:
        return bool(UID.search(str(value)))
    if key not in PATHS:
        return False
    return PATHS[key].source or any(_is_elsewhere(text) for text in texts_of(value))


def _is_elsewhere(path: str) -> bool:
    """Whether a path of results is outside the folder of results."""
    if path.startswith(("${outputs}", "${lungseg.", "pkg://")):
        return False
    if re.match(r"(?!file:)[\w.+-]+://", path):  # a bucket or a database
        return False
    parts = PurePath(path).parts
    return parts[:1] != (RESULTS,) or os.pardir in parts


def identifying_values(config: DictConfig) -> set[str]:
    """Values of the settings by which a patient or a hospital could be found."""
    values = set()
    for key in (*PATHS, *SERIES_KEYS):
        try:
            value = OmegaConf.select(config, key, throw_on_missing=False)
        except OmegaConfBaseException:  # it is swept over, and stands in the overrides only
            continue
        if identifies(key, value):
            values |= set(spellings(key, value))
    return values


def spellings(key: str, value: Any) -> Iterator[str]:
    """What else a setting's identifying value may be written as, or be a part of."""
    for text in texts_of(value):
        plain = text.removeprefix("file://")
        # A folder of results called by one word: elsewhere that word means something else.
        word = key in PATHS and not PATHS[key].source and WORD.fullmatch(plain)
        yield os.path.abspath(plain) if word else plain


def hide_password(text: str) -> str:
    """Blank user and password in every URL of a text."""
    text = re.sub(r"(?<=://)[^@\s'\"]+@", f"{HIDDEN}@", text)
    return re.sub(r"(?<=[?&]password=)[^&\s'\"]+", HIDDEN, text)


def texts_of(value: Any) -> Iterator[str]:
    """All strings and numbers in a value, as text."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from texts_of(item)
    elif value not in (None, ""):
        yield str(value)
