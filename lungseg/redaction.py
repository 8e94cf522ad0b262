"""How identifying values are kept out of Hydra's files, of logs and of messages."""

from __future__ import annotations

import json
import logging
import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig

from lungseg.files import write_text
from lungseg.privacy import (
    CHOICES,
    HIDDEN,
    SERIES_KEYS,
    SHORTEST,
    SOURCE_KEYS,
    UID,
    hide_password,
    identifies,
    identifying_in,
    identifying_values,
)


class Redactor:
    """Keeps known values out of what is written.

    Args:
        values: Paths and UIDs, as they are.
    """

    def __init__(self, values: Iterable[str]) -> None:
        texts = {form for value in values for form in _forms(value)}
        ordered = sorted(texts, key=len, reverse=True)
        self._plain = frozenset(ordered)
        places = [pattern for text in ordered for pattern in _patterns(text)]
        self._places = re.compile("|".join(places)) if places else None

    def data(self, content: Any, key: str = "") -> Any:
        """Plain containers without identifying values, whatever they are written as.

        Args:
            content: Dictionaries, lists, strings and numbers, as of a YAML file.
            key: The setting that they are the value of.
        """
        if identifies(key, content):
            return HIDDEN
        if key == CHOICES:
            return content
        if isinstance(content, dict):
            prefix = f"{key}." if key else ""
            return {name: self.data(value, f"{prefix}{name}") for name, value in content.items()}
        if isinstance(content, list):
            return [self.data(value) for value in content]
        return self.string(content) if isinstance(content, str) else content

    def string(self, text: str) -> str:
        """A setting's value, or an override."""
        if text in self._plain:
            return HIDDEN
        if identifying_in(text):
            return f"{text.partition('=')[0]}={HIDDEN}"
        # What follows below a folder may be a patient's name too.
        return hide_password(self._replace(text, r"(?:/[^,'\"\]}\n]*)?"))

    def message(self, text: str) -> str:
        """Lines of a log: from an identifying value on, the rest of the line is left out."""
        return hide_password(self._replace(text, r"[^\n]*"))

    def _replace(self, text: str, tail: str) -> str:
        if self._places is None:
            return text
        return re.sub(f"(?:{self._places.pattern}){tail}", lambda _: HIDDEN, text)


class RedactedLog(logging.Formatter):
    """Writes records as another formatter does, without identifying values.

    Args:
        formatter: The other one.
        redactor: Knows the values.
    """

    def __init__(self, formatter: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self.formatter = formatter
        self.redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """A record's text; a traceback's files are left out with it."""
        text = self.formatter.format(record)
        files = set(_files(record.exc_info[1] if record.exc_info else None))
        return self.redactor.message(Redactor(files).message(text) if files else text)


def redact_logs(redactor: Redactor) -> None:
    """Have all log files of this process left without identifying values.

    The screen is left as it is: it may name the file that an error is about.
    """
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.FileHandler):
                formatter = handler.formatter or logging.Formatter()
                handler.setFormatter(RedactedLog(formatter, redactor))


def _files(error: BaseException | None) -> Iterator[str]:
    """Files that an error and those behind it name."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        waiting += [error.__cause__, error.__context__]
        if isinstance(error, OSError):
            for file in (error.filename, error.filename2):
                if isinstance(file, str | bytes | os.PathLike):
                    yield os.fsdecode(file)


HYDRA_FILES = (
    *("config.yaml", "hydra.yaml", "overrides.yaml"),
    *("multirun.yaml", "optimization_results.yaml"),
)


def hide_source(config: DictConfig, folder: Path) -> Redactor:
    """Blank source paths, UIDs and passwords in the YAML files that Hydra wrote into a folder.

    Returns:
        What knows the values that were blanked.
    """
    files = [folder / name for name in HYDRA_FILES if (folder / name).is_file()]
    old = {file: file.read_text("utf-8") for file in files}
    contents, redactor = _read(config, old)
    for file in old.keys() - contents.keys():
        file.unlink()  # half-written when its process was stopped: nothing in it can be trusted
    for file, text in _written(contents, old, redactor).items():
        if text != old[file]:
            write_text(file, text)  # other jobs of a sweep read it at any time
    return redactor


def without_source(config: DictConfig, texts: dict[Path, str]) -> dict[Path, str]:
    """YAML texts of a run's settings without source paths, UIDs and passwords.

    What was read is changed, not the text: YAML folds long lines and escapes letters.

    Args:
        config: Of the run.
        texts: By file; what one of them identifies is blanked in all.
    """
    contents, redactor = _read(config, texts)
    return _written(contents, texts, redactor)


def redact_text(file: Path, redactor: Redactor) -> None:
    """Blank identifying values in a text file, such as one of what a job printed."""
    old = file.read_text("utf-8", errors="surrogateescape")
    new = redactor.message(old)
    if new != old:
        write_text(file, new)


def _read(config: DictConfig, texts: dict[Path, str]) -> tuple[dict[Path, Any], Redactor]:
    # Hydra and OmegaConf agree on what is a number; PyYAML by itself reads and writes others.
    from omegaconf._utils import get_yaml_loader

    contents = {}
    for file, text in texts.items():
        with suppress(yaml.YAMLError):
            contents[file] = yaml.load(text, get_yaml_loader())
    values = identifying_values(config)
    for content in contents.values():
        values |= {value for text in _strings(content) for value in identifying_in(text)}
    return contents, Redactor(values)


def _written(
    contents: dict[Path, Any], texts: dict[Path, str], redactor: Redactor
) -> dict[Path, str]:
    from omegaconf._utils import get_omega_conf_dumper

    made = {}
    for file, content in contents.items():
        new = redactor.data(content)
        made[file] = (
            texts[file]
            if new == content
            else yaml.dump(
                new,
                Dumper=get_omega_conf_dumper(),
                default_flow_style=False,
                allow_unicode=True,
                sort_keys=False,
                width=math.inf,
            )
        )
    return made


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for item in content:
            yield from _strings(item)
    elif isinstance(content, str):
        yield content


def _forms(value: str) -> set[str]:
    """A value as paths, overrides, Python, JSON and URLs write it."""
    from hydra.core.override_parser.types import Quote, QuotedString

    plain = {value}
    if not UID.fullmatch(value):
        plain |= {os.path.abspath(value), os.path.realpath(value)} - {os.path.abspath(os.sep)}
    written = set()
    for text in plain:
        written |= {
            *(repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1]),
            *(QuotedString(text, quotes).with_quotes()[1:-1] for quotes in Quote),
            quote(text.encode("utf-8", "surrogateescape")),
            text.replace("${", r"\${"),
        }
    # A quoted text in a text that is quoted in turn, as an override in an error's message.
    twice = {repr(text)[1:-1] for text in written} | {ascii(text)[1:-1] for text in written}
    return {text for text in plain | written | twice if text}


def _patterns(text: str) -> Iterator[str]:
    """Where a text is an identifying value, and not a word that others use too."""
    escaped = re.escape(text)
    if len(text) >= 2 * SHORTEST and not re.fullmatch(r"[a-z_]+|[\d.]+", text):
        yield escaped
        return
    keys = "|".join(rf"(?<=\b{re.escape(key)}=)" for key in (*SOURCE_KEYS, *SERIES_KEYS))
    yield rf"(?:{keys}){escaped}(?=[/,]|$)"
    if len(text) >= SHORTEST:
        yield rf"(?<=['\"\[]){escaped}(?=[/'\"\],]|$)"
        yield rf"(?<![\w./-]){escaped}(?=/)"
