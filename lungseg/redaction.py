"""How identifying values are kept out of Hydra's files and of messages."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf

from lungseg.files import write_text
from lungseg.overrides import split_override
from lungseg.privacy import (
    CHOICES,
    HIDDEN,
    PATHS,
    SERIES_KEYS,
    WORD,
    hide_password,
    identifies,
    identifying_values,
    spellings,
)
from lungseg.written_forms import patterns_of, value_forms

SWEPT = ("hydra.sweeper.params.", "hydra.sweeper.space.")
"""What the keys of swept settings start with where a file says what is swept over."""
OVERRIDE = re.compile(r"[+~]{0,2}[\w./]+(@[\w.:]+)?=", re.ASCII)


class Redactor:
    """Keeps known values out of what is written.

    Args:
        values: Paths and UIDs, as they are.
    """

    def __init__(self, values: Iterable[str]) -> None:
        texts = {form for value in values for form in value_forms(value)}
        ordered = sorted(texts, key=len, reverse=True)
        self._plain = frozenset(ordered)
        self._places = "|".join(pattern for text in ordered for pattern in patterns_of(text))

    def data(self, content: Any, key: str = "") -> Any:
        """Plain containers without identifying values, whatever they are written as.

        Args:
            content: Dictionaries, lists, strings and numbers, as of a YAML file.
            key: The setting that they are the value of.
        """
        if identifies(*_setting(key, content)):
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
        if not self._places:
            return text
        return re.sub(f"(?:{self._places}){tail}", lambda _: HIDDEN, text)


def recorded(config: DictConfig) -> dict[str, Any]:
    """The resolved configuration as plain containers, without paths and UIDs of the source.

    Values are blanked in every setting: others may refer to one of the source.
    """
    if "data" in config and OmegaConf.is_missing(config.data, "root"):  # its store is enough
        config = copy.deepcopy(config)
        config.data.root = HIDDEN
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    redacted: dict[str, Any] = Redactor(identifying_values(config)).data(
        {str(key): value for key, value in plain.items()}
    )
    return redacted


SETTINGS = ("config.yaml", "hydra.yaml", "overrides.yaml")
"""Files with the recorded settings of a run."""
HYDRA_FILES = (*SETTINGS, "multirun.yaml", "optimization_results.yaml")


def hide_source(config: DictConfig, folder: Path) -> Redactor:
    """Blank source paths, UIDs and passwords in the YAML files that Hydra wrote into a folder.

    Returns:
        What knows the values that were blanked.
    """
    # Hydra and OmegaConf agree on what is a number; PyYAML by itself reads and writes others.
    from omegaconf._utils import get_yaml_loader

    contents = {}
    for name in HYDRA_FILES:
        file = folder / name
        if file.is_file():
            try:
                contents[file] = yaml.load(file.read_text("utf-8"), get_yaml_loader())
            except yaml.YAMLError:  # half-written when its process was stopped
                file.unlink()
    redactor = _redactor(config, contents.values())
    for file, content in contents.items():
        if (new := redactor.data(content)) != content:
            write_text(file, _yaml(new))  # other jobs of a sweep read it at any time
    return redactor


def without_source(config: DictConfig, contents: dict[Path, Any]) -> dict[Path, str]:
    """A run's settings as YAML without source paths, UIDs and passwords.

    Args:
        config: Of the run.
        contents: Plain containers by file; what one of them identifies is blanked in all.
    """
    redactor = _redactor(config, contents.values())
    return {file: _yaml(redactor.data(content)) for file, content in contents.items()}


def redact_text(file: Path, redactor: Redactor) -> None:
    """Blank identifying values in a text file, such as one of what a job printed."""
    old = file.read_text("utf-8", errors="surrogateescape")
    new = redactor.message(old)
    if new != old:
        write_text(file, new)


def _redactor(config: DictConfig, contents: Iterable[Any]) -> Redactor:
    values = identifying_values(config)
    for content in contents:
        values |= {value for text in _strings(content) for value in identifying_in(text)}
        values |= set(_search_path(content)) | set(_swept_over(content))
    return Redactor(values)


def _yaml(content: Any) -> str:
    from omegaconf._utils import get_omega_conf_dumper

    dumper, plain = get_omega_conf_dumper(), {"default_flow_style": False, "sort_keys": False}
    return str(yaml.dump(content, Dumper=dumper, allow_unicode=True, width=math.inf, **plain))


def _search_path(content: Any) -> Iterator[str]:
    """Folders of groups that the user gave, in a ``hydra.yaml``."""
    hydra = content.get("hydra", {}) if isinstance(content, dict) else {}
    for source in hydra.get("runtime", {}).get("config_sources", ()):
        if source["provider"] not in ("hydra", "main", "schema"):
            yield from spellings("hydra.searchpath", source["path"])


def _swept_over(content: Any, key: str = "") -> Iterator[str]:
    """Identifying values in a file's sweep, of all its jobs."""
    if key.startswith(SWEPT):
        setting, values = _setting(key, content)
        yield from identifying_in(f"{setting}={content}")
        yield from spellings(setting, values) if identifies(setting, values) else ()
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _swept_over(value, f"{key}.{name}" if key else str(name))


def _setting(key: str, value: Any) -> tuple[str, Any]:
    """The setting that a key is about, and its value; where it is swept over, all values."""
    for start in SWEPT:
        if key.startswith(start):
            override = f"{key.removeprefix(start)}={value}"
            values = _parsed(override) if isinstance(value, str) else value
            return split_override(override)[0], values
    return key, value


def identifying_in(override: str) -> set[str]:
    """Identifying values of an override; of another text none."""
    if not OVERRIDE.match(override):
        return set()
    key, _, raw = split_override(override)
    if not (raw.startswith("{") or key in (*PATHS, *SERIES_KEYS)):
        return set()
    value = _parsed(override)
    values = {
        text
        for one in (value if isinstance(value, list) else [value])
        for name, item in _flat(one, key).items()
        if identifies(name, item)
        for text in spellings(name, item)
    }
    # As a whole it stands in what Hydra makes of all overrides; one word may mean other things.
    return values if not values or WORD.fullmatch(raw) else values | {raw}


def _parsed(override: str) -> Any:
    """The value that Hydra reads, of a sweep all values; the text where it cannot read it."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ChoiceSweep, QuotedString
    from hydra.errors import HydraException

    raw = override.partition("=")[2]
    try:
        parsed = OverridesParser.create().parse_override(override)
    except HydraException:
        return raw
    value = parsed.value()
    if isinstance(value, ChoiceSweep):
        value = [item.text if isinstance(item, QuotedString) else item for item in value.list]
    return value


def _flat(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {key: value}
    flat: dict[str, Any] = {}
    for name, item in value.items():
        flat |= _flat(item, f"{key}.{name}")
    return flat


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        content = list(content.values())
    if isinstance(content, list):
        for item in content:
            yield from _strings(item)
    elif isinstance(content, str):
        yield content
