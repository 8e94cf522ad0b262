"""Registers our launcher with Hydra, which imports this at every start: nothing heavy in here.

Hydra's own plugin for Ray asks for cloudpickle < 3, which today's joblib refuses, and for boto3.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, configure_log, filter_overrides, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

log = logging.getLogger(__name__)


class LungsegRay(Launcher):
    """Runs the jobs of a sweep as tasks of Ray: each in a process, on one machine or many."""

    def __init__(self, init: DictConfig, remote: DictConfig) -> None:
        self.init = init
        self.remote = remote

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what the jobs are launched with."""
        self.job = (hydra_context, task_function, config)
        self.config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run all jobs and wait for them."""
        import ray

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        if not ray.is_initialized():
            ray.init(**_plain(self.init))
        task = ray.remote(**_plain(self.remote))(_run)
        state = Singleton.get_state()
        waiting = []
        for number, overrides in enumerate(job_overrides, initial_job_idx):
            log.info(f"\t#{number} : {' '.join(filter_overrides(overrides))}")
            waiting.append(task.remote(*self.job, list(overrides), number, state))
        done: list[JobReturn] = ray.get(waiting)
        return done


def _run(
    context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
    overrides: list[str],
    number: int,
    state: Any,
) -> JobReturn:
    """One job, in a process of Ray's."""
    setup_globals()
    Singleton.set_state(state)
    job = context.config_loader.load_sweep_config(config, overrides)
    with open_dict(job):
        job.hydra.job.id = f"{job.hydra.job.name}_{number}"
        job.hydra.job.num = number
    HydraConfig.instance().set_config(job)
    return run_job(
        hydra_context=context,
        task_function=task_function,
        config=job,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )


def _plain(config: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(config, resolve=True)
    return {str(key): value for key, value in dict(plain).items()}  # type: ignore[arg-type]
