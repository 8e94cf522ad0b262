"""Arguments that came with an option whose class was then replaced."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any

from lungseg.config import parameters_of
from lungseg.errors import ConfigError
from lungseg.overrides import as_typed, split_override

VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def typed_keys() -> set[str]:
    """Keys of the settings that were typed, rather than brought by an option."""
    from hydra.core.hydra_config import HydraConfig

    if not HydraConfig.initialized():
        return set()
    words = as_typed(HydraConfig.get().overrides.task)
    return {split_override(word)[0] for word in words if not word.startswith("~")}


def refuse_leftovers(
    node: Mapping[str, Any], where: str, typed: Collection[str], given: Collection[str] = ()
) -> None:
    """Stop at arguments that nobody typed and that the class does not take.

    ``model._target_=…`` changes the class alone: the arguments of the option that named the old one
    stay, and would be handed to the new one.

    Args:
        node: Settings with ``_target_``.
        where: Their key, such as ``model``.
        typed: Keys that were typed.
        given: Arguments that the program adds itself.

    Raises:
        ConfigError: Naming all of them, what drops them, and what the class needs instead.
    """
    if "_target_" not in node:
        return
    target = str(node["_target_"])
    known = parameters_of(target, where)
    names = [str(key) for key in node if not str(key).startswith("_")]
    missing = _missing(known, {*names, *given}, partial=bool(node.get("_partial_")))
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        left = []
    else:
        left = [n for n in names if n not in known and not _is_typed(f"{where}.{n}", typed)]
    needs = " ".join(f"+{where}.{name}=…" for name in missing)
    if left:
        group = where.partition(".")[0]
        drop = " ".join(f"~{where}.{name}" for name in left)
        more = f", and give what it needs: {needs}" if needs else ""
        raise ConfigError(
            f"{where}: {target} takes no {', '.join(left)}, set by the option of {group} and not by"
            f" you; drop with {drop}{more}"
        )
    if missing and node.get("_partial_"):  # built only when the training begins
        raise ConfigError(f"{where}: {target} needs {needs}")


def _missing(
    known: Mapping[str, inspect.Parameter], given: Collection[str], *, partial: bool
) -> list[str]:
    """Arguments without default that are not given; the first of a factory is given later."""
    needed = [
        name
        for name, parameter in known.items()
        if parameter.default is parameter.empty and parameter.kind not in VARIABLE
    ]
    return [name for name in needed[1 if partial else 0 :] if name not in given]


def _is_typed(key: str, typed: Collection[str]) -> bool:
    """Whether a key, or the node that it stands in, was typed."""
    return any(key == one or key.startswith(f"{one}.") for one in typed if "." in one)
