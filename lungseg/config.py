"""The one place that turns configuration into objects."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from lungseg.errors import ConfigError
from lungseg.moved import current_names


def conf_dir() -> Path:
    """Folder of the YAML groups: inside an installed package, else beside it in the clone."""
    package = Path(__file__).parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def register_resolvers() -> None:
    """Make ``${lungseg.run_dir:…}`` and its sister known to OmegaConf."""
    for name, resolver in (("run_dir", _run_dir), ("evaluation_dir", _evaluation_dir)):
        OmegaConf.register_new_resolver(f"lungseg.{name}", resolver, use_cache=True, replace=True)


def _run_dir(outputs: str, ckpt_path: str | None) -> str:
    """A new run's folder; the old one when a checkpoint of a run is gone on with."""
    if ckpt_path is not None and Path(ckpt_path).parent.name == "checkpoints":
        return str(Path(ckpt_path).parent.parent)
    return f"{outputs}/{datetime.now():%Y-%m-%d/%H-%M-%S}"


def _evaluation_dir(outputs: str, ckpt: str | None) -> str:
    """A folder of its own for a checkpoint on other data; else only a log is written there."""
    if ckpt is not None:
        return _run_dir(outputs, None)
    return f"{outputs}/logs/evaluate/{datetime.now():%Y-%m-%d_%H-%M-%S}"


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
    config = current_names(config)
    target = str(config["_target_"])
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


def reason(cause: BaseException, where: str, target: str) -> Exception:
    """What a refusal means for the user: one of ours as it is, others with the key they concern."""
    if isinstance(cause, ConfigError):
        return cause
    if isinstance(cause, ModuleNotFoundError):
        extra = " pip install 'lungseg[monai]'" if (cause.name or "").startswith("monai") else ""
        return ConfigError(f"{where}: {target} needs the package {cause.name}, not found;{extra}")
    # A setting whose value is ??? is not handed over.
    if missing := re.search(r"missing \d+ required .*argument.*?: '(\w+)'", str(cause)):
        return ConfigError(f"{where}.{missing[1]}: must be given: {where}.{missing[1]}=VALUE")
    return ConfigError(f"{where}: {' '.join(str(cause).split())}")


def flatten(config: dict[str, Any], prefix: str = "", joint: str = ".") -> dict[str, Any]:
    """Nested dictionaries as one, its keys joined after a prefix."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}{joint}", joint))
        else:
            flat[f"{prefix}{key}"] = value
    return flat
