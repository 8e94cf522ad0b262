"""Registers our sweeper with Hydra, which imports this at every start: nothing heavy in here."""

from __future__ import annotations

from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

DEFAULTS: dict[str, Any] = {
    "_target_": "hydra_plugins.lungseg_sweeper.LungsegSweeper",
    # The same name continues the same study.
    "study_name": None,
    # None: a file under outputs/. Or FILE.journal, or a URL such as postgresql+pg8000://HOST/DB.
    "storage": None,
    # Finished trials in total, including those of earlier starts.
    "n_trials": 30,
    # Trials handed to the launcher at a time.
    "n_jobs": 1,
    "sampler": "gp",
    "seed": 0,
    # Names of validation numbers; one, or a list with a direction each.
    "objective": "val/dsc",
    "direction": "maximize",
    "pruner": "none",
    # No trial is pruned before so many have finished, nor before so many epochs.
    "pruner_startup_trials": 5,
    "pruner_warmup_epochs": 1,
    "space": {},
}

NODE = OmegaConf.create(DEFAULTS)
# Any key may be written below it; what is not a range is refused by its own name later.
OmegaConf.set_struct(NODE.space, False)

ConfigStore.instance().store(group="hydra/sweeper", name="lungseg", node=NODE, provider="lungseg")


class LungsegSweeper(Sweeper):
    """Passes on to ``lungseg.search`` what Hydra gives it."""

    config: DictConfig

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what the jobs are launched with."""
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def sweep(self, arguments: list[str]) -> Any:
        """Search.

        Args:
            arguments: The settings typed on the command line, as overrides.
        """
        from lungseg.search.sweeper import search

        return search(self.settings, self.hydra_context, self.task_function, self.config, arguments)
