"""Builds objects that a file describes, from an allow list of classes.

A configuration on the command line is the user's own and may name anything. A checkpoint may come
from anywhere: what it names is compared with the list before any of it is imported, and its texts
are taken as they are, without interpolation.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from lungseg.config import reason
from lungseg.errors import ConfigError
from lungseg.moved import current_names

NETWORKS = ("lungseg.models", "lungseg.losses", "torch.nn", "monai.networks")
"""Modules whose subclasses of ``torch.nn.Module`` may be built."""
PLAIN = ("lungseg.data.intensity", "lungseg.inference.postprocess")
"""Modules and packages of which every class may be built."""
SETTING = "allow_targets"

FETCHES = re.compile(r"pretrained\w*|weights|path_or_repo_id")
"""Arguments by which MONAI's networks download weights, which a checkpoint contains anyway."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
SPECIAL = ("_target_", "_args_", "_partial_", "_recursive_", "_convert_")
MOST_VALUES = 10_000
"""In one description; a file can describe endlessly many, as a list that contains itself."""


def build_recorded(node: Any, where: str, allowed: Sequence[str] = ()) -> Any:
    """Build what a part of a recorded configuration describes.

    Args:
        node: Plain containers with ``_target_``, as Hydra's ``instantiate`` takes them.
        where: Its key, named in errors.
        allowed: Packages, modules or classes that may be built beside those of the list.

    Raises:
        ConfigError: If anything in it is not on the list, cannot be imported or refuses its
            arguments.

    >>> build_recorded({"_target_": "torch.nn.ReLU"}, "model")
    ReLU()
    >>> build_recorded({"_target_": "os.system", "command": "true"}, "model")
    Traceback (most recent call last):
    ...
    lungseg.errors.ConfigError: model: the checkpoint names os.system, which is not built from a...
    """
    allowed = check_allowed(allowed)
    # Counted before anything recurses into it.
    n_values = sum(1 for _, _ in zip(_values(node), range(MOST_VALUES + 1), strict=False))
    if n_values > MOST_VALUES:
        raise ConfigError(f"{where}: the checkpoint describes more than {MOST_VALUES} values")
    if not isinstance(node, dict) or "_target_" not in node:
        raise ConfigError(f"{where}: has no _target_, so it is unclear what to build")
    node = current_names(node)
    targets = [
        value["_target_"]
        for value in _values(node)
        if isinstance(value, dict) and "_target_" in value
    ]
    # All names are compared before the first module is imported, all objects before one is built.
    for target in targets:
        if _entry(target, allowed) is None:
            raise _refused(target, where)
    return _build(node, where, {target: _located(target, where, allowed) for target in targets})


def check_allowed(allowed: Any) -> tuple[str, ...]:
    """The setting ``allow_targets``, as a tuple.

    Raises:
        ConfigError: If it is not a list of dotted names.
    """
    names = tuple(allowed) if isinstance(allowed, Sequence) else (allowed,)
    if isinstance(allowed, str) or not all(
        isinstance(name, str) and NAME.fullmatch(name) for name in names
    ):
        raise ConfigError(
            f"{SETTING}={allowed}: must be a list of packages, modules or classes:"
            f" {SETTING}=[mypackage]"
        )
    return names


def _values(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value


def _within(name: str, entries: Sequence[str]) -> str | None:
    """The first entry that a dotted name equals or lies below."""
    return next((one for one in entries if name == one or name.startswith(f"{one}.")), None)


def _entry(target: Any, allowed: Sequence[str]) -> str | None:
    """The entry of the list that lets a target in, or None."""
    if not isinstance(target, str) or not NAME.fullmatch(target):
        return None
    if entry := _within(target, (*NETWORKS, *PLAIN)):
        return entry
    # Much of lungseg imports or runs what it is given, so no setting opens the rest of it.
    return None if _within(target, ("lungseg",)) else _within(target, allowed)


def _build(node: Any, where: str, located: Mapping[str, Any]) -> Any:
    if isinstance(node, list | tuple):
        return [_build(value, where, located) for value in node]
    if not isinstance(node, dict):
        return node
    if "_target_" not in node:
        return {key: _build(value, where, located) for key, value in node.items()}
    target = node["_target_"]
    make = located[target]
    given = {key: value for key, value in node.items() if key not in SPECIAL}
    positional = node.get("_args_", [])
    if node.get("_recursive_", True):
        given, positional = _build(given, where, located), _build(positional, where, located)
    if _within(target, NETWORKS):
        given, positional = _offline(make, where, target, given, positional)
    try:
        return (
            partial(make, *positional, **given)
            if node.get("_partial_")
            else make(*positional, **given)
        )
    except Exception as error:  # networks refuse arguments with errors of every kind
        raise reason(error, where, target) from error


def _offline(
    make: Any, where: str, target: str, given: Mapping[str, Any], positional: Sequence[Any]
) -> tuple[dict[str, Any], list[Any]]:
    """The arguments, with the switches of downloads off; a file may not say what to download."""
    parameters = inspect.signature(make).parameters
    names = list(parameters)
    named, in_order = dict(given), list(positional)
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    for name, value in {**defaults, **dict(zip(names, positional, strict=False)), **given}.items():
        if not FETCHES.fullmatch(str(name)) or value is inspect.Parameter.empty or not value:
            continue
        if value is not True:
            raise ConfigError(
                f"{where}.{name}: {target} would download weights by it; in a checkpoint it must"
                " be null or false"
            )
        if name in names[: len(positional)]:
            in_order[names.index(name)] = False
        else:
            named[name] = False
    return named, in_order


def _located(target: str, where: str, allowed: Sequence[str]) -> Any:
    """The object of an allowed name, if it is what its name says and not reached through it."""
    entry = _entry(target, allowed)
    if entry is None:
        raise _refused(target, where)
    parts = target.split(".")
    found: Any = None
    for k, part in enumerate(parts):
        name = ".".join(parts[: k + 1])
        if isinstance(found, ModuleType) and hasattr(found, part):
            found = getattr(found, part)
        elif k == 0 or isinstance(found, ModuleType):
            found = _imported(name, target, where)
        else:
            raise _refused(target, where)
        # A module that another one imports is within reach of its name too.
        if isinstance(found, ModuleType) and found.__name__ != name:
            raise _refused(target, where)
    if not _may_be_called(found, target, entry, allowed):
        raise _refused(target, where)
    return found


def _imported(name: str, target: str, where: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name and "." in name:
            package, attribute = name.rsplit(".", 1)
            raise ConfigError(f"{where}: {package} has no {attribute}") from None
        raise reason(error, where, target) from error


def _may_be_called(found: Any, target: str, entry: str, allowed: Sequence[str]) -> bool:
    from torch import nn

    home = getattr(found, "__module__", None)
    if not callable(found) or not isinstance(home, str):
        return False
    if entry in NETWORKS:
        inside = _within(home, NETWORKS) is not None
        return inside and isinstance(found, type) and issubclass(found, nn.Module)
    if entry in PLAIN:
        return isinstance(found, type) and _within(home, (entry,)) is not None
    return target in allowed or _within(home, allowed) is not None


def _refused(target: Any, where: str) -> ConfigError:
    return ConfigError(
        f"{where}: the checkpoint names {_shown(target)}, which is not built from a file: that may"
        f" be lungseg's models, torch.nn and monai.networks, and what {SETTING}=[mypackage] allows"
    )


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) and NAME.fullmatch(value) else ascii(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
