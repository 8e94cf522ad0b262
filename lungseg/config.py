"""The one place that turns configuration into objects."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.errors import ConfigError
from lungseg.moved import current_names
from lungseg.overrides import literals, quoted_overrides
from lungseg.targets import locate, needs

VERSION_BASE = "1.3"
"""Of Hydra, whose defaults we rely on."""


def conf_dir() -> Path:
    """Folder of the YAML groups: inside an installed package, else beside it in the clone."""
    package = Path(__file__).parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def register_resolvers() -> None:
    """Register ``${lungseg.run_dir:…}`` and the like with OmegaConf."""
    resolvers: dict[str, Callable[..., str]] = {
        **{"run_dir": _run_dir, "evaluation_dir": _evaluation_dir, "joined": _joined}
    }
    for name, resolver in resolvers.items():
        OmegaConf.register_new_resolver(f"lungseg.{name}", resolver, use_cache=True, replace=True)


def compose(command: str, overrides: Iterable[str] = ()) -> DictConfig:
    """The configuration of a command, for use from Python.

    Args:
        command: Such as ``train``.
        overrides: As typed after it, without flags.

    Raises:
        HydraException: If an override names a setting or an option that there is not.

    Example:
        >>> compose("train", ["loss.alpha=0.5", "model=unet_deep"]).loss.alpha
        0.5
    """
    from hydra import compose as composed
    from hydra import initialize_config_dir

    register_resolvers()
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        return composed(command, quoted_overrides(list(overrides)))


def _run_dir(outputs: str, ckpt_path: str | None) -> str:
    """A new run's folder; the old one when a run is resumed from its checkpoint."""
    if ckpt_path is not None and Path(ckpt_path).parent.name == "checkpoints":
        return str(Path(ckpt_path).parent.parent)
    return f"{outputs}/{datetime.now():%Y-%m-%d/%H-%M-%S}"


def _evaluation_dir(outputs: str, *named: object) -> str:
    """A new folder for what is evaluated on other data; otherwise only a log is written there."""
    if any(one is not None for one in named):
        return _run_dir(outputs, None)
    return f"{outputs}/logs/evaluate/{datetime.now():%Y-%m-%d_%H-%M-%S}"


def _joined(words: Any) -> str:
    """A word, or several as one, for names of folders: ``bulla+cut``."""
    if isinstance(words, Sequence) and not isinstance(words, str):
        return "+".join(map(str, words))
    return str(words)


def build(config: Any, where: str, /, *args: Any, **kwargs: Any) -> Any:
    """Instantiate what a part of the configuration describes.

    Every object of a run comes through here, so that this is the only line that depends on how
    Hydra instantiates.

    Args:
        config: A node with ``_target_``.
        where: Its key, named in errors.
        *args: Passed on to the target, unless the node says ``_partial_``.
        **kwargs: Likewise.

    Raises:
        ConfigError: If the target cannot be imported or refuses its arguments.
    """
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    if "_target_" not in config:
        raise ConfigError(f"{where}: has no _target_, so it is unclear what to build")
    if OmegaConf.is_config(config):
        config = OmegaConf.to_container(config, resolve=True)
    # What looks like ${…} in a resolved value is text; Hydra resolves twice.
    config = literals(literals(current_names(config)))
    target = str(config["_target_"])
    locate(target, where)
    try:
        # Arguments of ours are added here: Hydra would instantiate what it finds in them.
        made = instantiate(config, _convert_="all", _partial_=True)
        return made if config.get("_partial_") else made(*args, **kwargs)
    except InstantiationException as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise reason(cause, where, target) from error
    except (TypeError, ValueError, ModuleNotFoundError) as error:
        raise reason(error, where, target) from error


def refuse_unknown_arguments(config: Any, where: str) -> None:
    """Stop at a setting that the class which a node describes does not take.

    :func:`build` would refuse it too, but some parts of a run are built after hours of preparation.

    Args:
        config: A node with ``_target_``; others are left to :func:`build`.
        where: Its key, named in errors.

    Raises:
        ConfigError: If the target cannot be imported or has no argument of that name.
    """
    if "_target_" not in config:
        return
    target = str(config["_target_"])
    parameters = parameters_of(target, where)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for key in config:
        if key not in parameters and not str(key).startswith("_"):
            raise _unknown_argument(str(key), where, target, parameters)


def parameters_of(target: str, where: str) -> Mapping[str, inspect.Parameter]:
    """Arguments of what a ``_target_`` names; anything, where they are not known.

    Args:
        target: The dotted name.
        where: Key of its node, named in errors.

    Raises:
        ConfigError: If it cannot be imported.
    """
    try:
        return inspect.signature(locate(current_names(target), where)).parameters
    except (TypeError, ValueError):  # some that are written in C do not say
        return {"any": inspect.Parameter("any", inspect.Parameter.VAR_KEYWORD)}


def _unknown_argument(key: str, where: str, target: str, known: Iterable[str]) -> ConfigError:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {where}.{close[0]}?" if close else f"it takes {', '.join(known)}"
    return ConfigError(f"{where}.{key}: {target} takes no such argument; {hint}")


def reason(cause: BaseException, where: str, target: str) -> Exception:
    """What a refusal means for the user: one of ours as it is, others with the key they concern."""
    if isinstance(cause, ConfigError):
        return cause
    if isinstance(cause, ModuleNotFoundError) and cause.name is not None:
        return needs(cause.name, where, target)
    # A setting whose value is ??? is not handed over.
    if missing := re.search(r"missing \d+ required .*argument.*?: '(\w+)'", str(cause)):
        return ConfigError(f"{where}.{missing[1]}: must be given: {where}.{missing[1]}=VALUE")
    return ConfigError(f"{where}: {' '.join(str(cause).split())}")


def canonical(value: Any) -> str:
    """Text that is equal for equal settings, as 1 and 1.0 are.

    Example:
        >>> canonical(1) == canonical(1.0), canonical(True) == canonical(1), canonical({"a": None})
        (True, False, '{"a": null}')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return json.dumps(value, sort_keys=True, default=str)


def flatten(config: dict[str, Any], prefix: str = "", joint: str = ".") -> dict[str, Any]:
    """Nested dictionaries as one, its keys joined after a prefix."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}{joint}", joint))
        else:
            flat[f"{prefix}{key}"] = value
    return flat
