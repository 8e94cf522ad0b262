"""What identifies a patient or a hospital in settings, and how it is kept out of records."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lungseg.overrides import split_override

HIDDEN = "(not recorded)"
# A source's path may hold a patient's or a hospital's name.
SOURCE_KEYS = (
    *("data.root", "data.source.root", "data.numbers", "data.source.numbers"),
    *("data.export_npz", "split.table", "split.file"),
    *("input", "output", "key"),  # of deidentify
)
# A series may be chosen by a rule, which is recorded, or by its UID, which is not.
SERIES_KEYS = ("data.series", "data.source.series")
UID = re.compile(r"\d+(\.\d+){2,}")
# Names of another setting or of an environment variable, which tell nothing.
REFERENCE = re.compile(r"\$\{[\w.:]+\}")
OVERRIDE = re.compile(r"[+~]{0,2}[\w./]+(@[\w.:]+)?=", re.ASCII)
# Names of our own options, which a folder may be called by too.
CHOICES = "hydra.runtime.choices"
SHORTEST = 3


def identifies(key: str, value: Any) -> bool:
    """Whether a setting's value could lead to a patient or a hospital."""
    if value in (None, "", "???", HIDDEN) or REFERENCE.fullmatch(str(value)):
        return False
    return key in SOURCE_KEYS or (key in SERIES_KEYS and bool(UID.search(str(value))))


def identifying_values(config: DictConfig) -> set[str]:
    """Values of the settings by which a patient or a hospital could be found."""
    values = set()
    for key in (*SOURCE_KEYS, *SERIES_KEYS):
        try:
            value = OmegaConf.select(config, key, throw_on_missing=False)
        except OmegaConfBaseException:  # it is swept over, and stands in the overrides only
            continue
        if identifies(key, value):
            values |= set(_texts(value))
    return values


def hide_password(text: str) -> str:
    """Blank user and password in every URL of a text."""
    text = re.sub(r"(?<=://)[^@\s'\"]+@", f"{HIDDEN}@", text)
    return re.sub(r"(?<=[?&]password=)[^&\s'\"]+", HIDDEN, text)


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


def identifying_in(override: str) -> set[str]:
    """Identifying values of an override; none where the text is no override, or has none."""
    if not OVERRIDE.match(override):
        return set()
    key, _, raw = split_override(override)
    if not (raw.startswith("{") or identifies(key, raw)):
        return set()
    value = _read(override)
    settings = _flat(value, key) if isinstance(value, Mapping) else {key: raw}
    if not any(identifies(name, one) for name, one in settings.items()):
        return set()
    return {text for one in (raw, value) for text in _texts(one)}


def _read(override: str) -> Any:
    """The value that Hydra reads; the text where it cannot."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ChoiceSweep
    from hydra.errors import HydraException

    raw = override.partition("=")[2]
    try:
        parsed = OverridesParser.create().parse_override(override)
    except HydraException:
        return raw
    value = parsed.value()
    if isinstance(value, ChoiceSweep):
        return [raw, *(getattr(item, "text", item) for item in value.list)]
    return value if isinstance(value, Mapping | list) else [raw, value]


def _flat(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {key: value}
    return {k: v for name, one in value.items() for k, v in _flat(one, f"{key}.{name}").items()}


def _texts(value: Any) -> Iterator[str]:
    """All strings and numbers in a value, as text."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from _texts(item)
    elif value not in (None, ""):
        yield str(value)


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
