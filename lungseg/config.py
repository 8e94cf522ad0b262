"""The one place that turns configuration into objects, and into what a run records of it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.errors import ConfigError
from lungseg.files import write_text

HIDDEN = "(not recorded)"
# A source's path may hold a patient's or a hospital's name.
SOURCE_KEYS = (
    *("data.root", "data.source.root", "data.export_npz", "split.table", "split.file"),
    *("input", "output", "key"),  # of deidentify
)
# A series may be chosen by a rule, which is recorded, or by its UID, which is not.
SERIES_KEYS = ("data.series", "data.source.series")
UID = re.compile(r"\d+(\.\d+){3,}")


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


def recorded(config: DictConfig) -> dict[str, Any]:
    """The resolved configuration as plain containers, without paths and UIDs of the source."""
    copy = OmegaConf.create(OmegaConf.to_container(config, resolve=True))
    assert isinstance(copy, DictConfig)
    for key in _identifying(copy):
        OmegaConf.update(copy, key, HIDDEN)
    plain = OmegaConf.to_container(copy)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def hide_password(text: str) -> str:
    """Blank user and password in every URL of a text."""
    text = re.sub(r"(?<=://)[^@\s'\"]+@", f"{HIDDEN}@", text)
    return re.sub(r"(?<=[?&]password=)[^&\s'\"]+", HIDDEN, text)


def hide_source(config: DictConfig, folder: Path) -> None:
    """Blank source paths, UIDs and passwords in the YAML files that Hydra wrote below a folder."""
    values = set(_identifying(config).values())
    for file in folder.glob("*.yaml"):
        old = file.read_text()
        text = hide_password(old)
        for value in sorted(values, key=len, reverse=True):
            # As a value, not where the same letters stand in a key or a number.
            text = re.sub(rf"(?<=[=,\s'\"]){re.escape(value)}(?=[\s'\",/]|$)", HIDDEN, text)
        if text != old:
            write_text(file, text)  # other jobs of a sweep read it at any time


def _identifying(config: DictConfig) -> dict[str, str]:
    """Settings by which a patient or a hospital could be found."""
    found = {}
    for key in (*SOURCE_KEYS, *SERIES_KEYS):
        value = str(OmegaConf.select(config, key, throw_on_missing=False) or "")
        if value and (key in SOURCE_KEYS or UID.fullmatch(value)):
            found[key] = value
    return found


def flatten(config: dict[str, Any], prefix: str = "", joint: str = ".") -> dict[str, Any]:
    """Nested dictionaries as one, its keys joined after a prefix."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}{joint}", joint))
        else:
            flat[f"{prefix}{key}"] = value
    return flat
