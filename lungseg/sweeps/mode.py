"""What kind of run this is: one by itself, a job of a grid, or a trial of a search."""

from __future__ import annotations

from typing import Any

from lungseg.errors import ConfigError
from lungseg.overrides import as_typed, split_override


def sweeping() -> bool:
    """Whether this is a job of a sweep."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    return HydraConfig.get().mode == RunMode.MULTIRUN


def is_search(hydra: Any) -> bool:
    """Whether the sweep that Hydra's settings choose is a search of ours."""
    return "study_name" in hydra.sweeper


def refuse_single_sweep() -> None:
    """Refuse a sweep without ``-m``: it would train once, with none of its settings.

    A grid of which every setting is typed is one run of it, started again or resumed.

    Raises:
        ConfigError: Naming what would be swept over.
    """
    from hydra.core.hydra_config import HydraConfig

    hydra = HydraConfig.get()
    if sweeping():
        return
    if is_search(hydra):
        raise ConfigError("the sweep chosen is a search: it needs -m: lungseg train -m …")
    typed = {split_override(word)[0] for word in as_typed(hydra.overrides.task)}
    swept = hydra.sweeper.get("params") or {}
    if missing := [key for key in swept if key not in typed]:
        raise ConfigError(
            f"this is a sweep over {', '.join(swept)}: add -m: lungseg train -m …; or, for one run"
            f" of it, {' '.join(f'{key}=…' for key in missing)}"
        )


def first_job() -> bool:
    """Whether this is the first job of a sweep."""
    from hydra.core.hydra_config import HydraConfig

    return bool(HydraConfig.get().job.num == 0)
