"""Refuses settings that nothing reads: they would be recorded as if they had done something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from lungseg.config import conf_dir
from lungseg.errors import ConfigError
from lungseg.overrides import as_typed
from lungseg.runs.settings import TABLE, known_keys, row_of

TARGET = "_target_"
# What ${…} and ${oc.select:…} name, as far as it is written out.
REFERENCE = re.compile(r"\$\{\s*(?:oc\.select:|oc\.dict\.\w+:)?\s*(\.*[\w.\[\]/-]*)(?=[}$,\s])")
# The command line once more: a setting that is typed there is not read there.
ECHO = ("overrides", "job.override_dirname")
WHOLE = ("experiment", "sweep")
"""Groups whose options change settings of other groups and have none of their own."""
SHOWN = 3
LIKE = 1.0
"""Of 2, for the same key: names that are less alike are no help."""


def refuse_unread(command: str, config: DictConfig, hydra: Any) -> None:
    """Stop at the first setting that has no effect on a command.

    A setting is read if the command's code reads it, if the class that its node names takes it,
    or if a setting that is read refers to it.

    Args:
        command: Such as ``train``.
        config: Its configuration, not yet resolved.
        hydra: Hydra's own, which may refer to settings too.

    Raises:
        ConfigError: Naming the setting, and the nearest that exist.
    """
    settings = dict(_leaves(OmegaConf.to_container(config)))
    typed = [_typed_key(text) for text in as_typed(hydra.overrides.task)]
    read = {key for key in settings if _reads(command, key, settings, typed)}
    others = {key: text for key, text in _leaves(OmegaConf.to_container(hydra))
              if not key.startswith(ECHO)}  # fmt: skip
    referred = [name for key, value in others.items() for name in _references("", value)]
    referred += [name for key in read for name in _references(key, settings[key])]
    while referred:
        name = referred.pop()
        new = {key for key in settings if _within(key, name) or _within(name, key)} - read
        read |= new
        referred += [one for key in new for one in _references(key, settings[key])]
    for key in settings:
        if key not in read:
            raise ConfigError(_reason(command, key, settings, read, typed))


def drop_unchosen(config: DictConfig, hydra: Any) -> None:
    """Remove an experiment's settings of callbacks that were not chosen.

    ``callbacks=[checkpoint,progress]`` replaces the list of ``experiment=fast`` and leaves its
    ``callbacks.ema.decay``. What was typed stays, to be refused, and so does what is no option of
    lungseg's or was chosen: a slip in a name, or in an option of one's own.

    Args:
        config: Of a command, which is changed.
        hydra: Hydra's own.
    """
    words = as_typed(hydra.overrides.task)
    typed = [_typed_key(text) for text in words]
    nodes: Any = OmegaConf.to_container(config)
    callbacks = nodes.get("callbacks")
    ours = {file.stem for file in (conf_dir() / "callbacks").glob("*.yaml")}
    for name, node in callbacks.items() if isinstance(callbacks, dict) else ():
        key = f"callbacks.{name}"
        typed_there = any(_within(one, key) or _within(key, one) for one in typed)
        if name in ours and isinstance(node, dict) and TARGET not in node and not typed_there:
            with open_dict(config):
                del config.callbacks[name]


def _reads(command: str, key: str, settings: dict[str, Any], typed: list[str]) -> bool:
    if settings[key] == {} and any(row.pattern.startswith(f"{key}.") for row in TABLE):
        return True  # an option without settings, such as logger=none
    row = row_of(key)
    if row is None:
        return False
    if row.node is not None and _node(key, row.words) + f".{TARGET}" not in settings:
        return False
    # One file may describe data for all commands, and training reads more of it than others do.
    shared = key.startswith("data.") and "train" in row.read_by
    return command in row.read_by or (shared and not any(_within(key, one) for one in typed))


def _node(key: str, words: tuple[str, ...]) -> str:
    return ".".join(key.split(".")[: len(words) - 1])


def _leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Values by dotted key; lists and empty nodes count as values."""
    for name, each in value.items():
        if isinstance(each, dict) and each:
            yield from _leaves(each, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", each


def _references(key: str, value: Any) -> Iterator[str]:
    """Dotted keys that a value refers to."""
    if isinstance(value, list | dict):
        # An element is a node of its own, from which dots are counted.
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _references(f"{key}.{name}", each)
    elif isinstance(value, str):
        for name in REFERENCE.findall(value):
            absolute = name.lstrip(".")
            up = len(name) - len(absolute)  # one dot is the node that the setting stands in
            parents = key.split(".")[:-up] if up else []
            words = [*parents, *re.split(r"[.\[\]]+", absolute)]
            yield ".".join(word for word in words if word)


def _within(key: str, node: str) -> bool:
    return bool(node) and (key == node or key.startswith(f"{node}."))


def _typed_key(override: str) -> str:
    """The key that an override sets; nothing for the choice of a group's option."""
    key, _, value = override.lstrip("+~").partition("=")
    return key if "." in key or value.startswith("{") else ""


def _reason(
    command: str, key: str, settings: dict[str, Any], read: set[str], typed: list[str]
) -> str:
    top, last = key.split(".")[0], key.split(".")[-1]
    if top in WHOLE:
        return f"{top}: the chosen file changes nothing; its first line must be # @package _global_"
    row = row_of(key)
    if row is not None and row.node is not None and command in row.read_by:
        node = _node(key, row.words)
        return f"{key}: {node} has no {TARGET}, so nothing reads its settings"
    if row is not None and row.read_by and command not in row.read_by:
        readers = " and ".join(row.read_by)
        return f"{key}: {command} does not read this setting; it is one of lungseg {readers}"
    if row is not None and top != "data":
        return f"{key}: lungseg sets this itself; leave it out"
    for other in typed:
        if key not in typed and other.startswith(f"{top}.") and other.split(".")[-1] == last:
            return f"{other}: takes its value from {key}, which now has no effect; set that instead"
    alike = {other: _likeness(key, other) for other in {*read, *known_keys(command)}}
    close = sorted((other for other in alike if alike[other] > LIKE), key=lambda one: -alike[one])
    nearest = f"; the nearest that exist: {', '.join(close[:SHOWN])}" if close else ""
    return f"{key}: nothing reads this setting{nearest}"


def _likeness(key: str, other: str) -> float:
    """How alike two keys are, by all of them or by their last words."""
    pairs = (key, other), (key.rsplit(".", 1)[-1], other.rsplit(".", 1)[-1])
    return sum(SequenceMatcher(None, *pair).ratio() for pair in pairs)
