"""What identifies a patient or a hospital in settings: the one place that knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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


def recorded(config: DictConfig) -> dict[str, Any]:
    """The resolved configuration as plain containers, without paths and UIDs of the source."""
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return _recorded({str(key): value for key, value in plain.items()})


def _recorded(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in config.items():
        if identifies(f"{prefix}{key}", value):
            made[key] = HIDDEN
        else:
            made[key] = _recorded(value, f"{prefix}{key}.") if isinstance(value, dict) else value
    return made


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
