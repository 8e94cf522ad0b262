"""The split that ``lungseg evaluate`` was given, if any."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.config import build


def is_chosen(config: DictConfig) -> bool:
    """Whether a split was chosen; ``split.table`` alone is none, but a table of subgroups."""
    return "_target_" in config.split


def chosen_split(config: DictConfig) -> Any:
    """What splits a cohort; None where no split was chosen.

    Raises:
        ConfigError: If a setting of it is wrong.
    """
    if not is_chosen(config):
        return None
    node = {key: value for key, value in config.split.items() if (key, value) != ("table", None)}
    return build(OmegaConf.create(node), "split")  # not every split takes a table
