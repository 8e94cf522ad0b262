"""What kind of run this is: one by itself, a job of a grid, or a trial of a search."""

from __future__ import annotations

from typing import Any

from lungseg.errors import ConfigError


def sweeping() -> bool:
    """Whether this is a job of a sweep."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    return HydraConfig.get().mode == RunMode.MULTIRUN


def is_search(hydra: Any) -> bool:
    """Whether the sweep that Hydra's settings choose is a search of ours."""
    return "study_name" in hydra.sweeper


def refuse_single_search() -> None:
    """A search that is started without -m would train once, with none of its settings."""
    from hydra.core.hydra_config import HydraConfig

    if is_search(HydraConfig.get()) and not sweeping():
        raise ConfigError("the sweep chosen is a search: it needs -m: lungseg train -m …")


def first_job() -> bool:
    """Whether this is the first job of a sweep."""
    from hydra.core.hydra_config import HydraConfig

    return bool(HydraConfig.get().job.num == 0)
