"""What all trials of a study share, checked before the first of them starts."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from lungseg.config import flatten
from lungseg.errors import ConfigError
from lungseg.redaction import recorded
from lungseg.runs.settings import concerns_result
from lungseg.runs.unread import drop_unchosen, refuse_unread
from lungseg.search.objective import refuse_objectives
from lungseg.search.settings import Settings
from lungseg.search.space import Space, override
from lungseg.training.leaks import LOGGED, refuse_test_selection

log = logging.getLogger(__name__)


def study_facts(
    config_loader: Any, config: DictConfig, fixed: list[str], settings: Settings, space: Space
) -> dict[str, Any]:
    """Compose and check a few jobs, and keep what all of them share.

    Args:
        config_loader: Hydra's.
        config: The sweep's configuration, with ``hydra``.
        fixed: Overrides that all trials share.
        settings: Of the search.
        space: Searched settings.

    Returns:
        The facts that a later start with the same study name is compared with: ``space``,
        ``objectives``, ``settings``.

    Raises:
        ConfigError: If a job cannot work: unknown settings, objectives that no run has.
    """
    searched = tuple(parameter.key for parameter in space.parameters)
    shared: dict[str, Any] | None = None
    for point in space.corners():
        words = [override(key, value) for key, value in point.items()]
        job = config_loader.load_sweep_config(config, [*fixed, *words])
        with _as_job(job) as task:
            drop_unchosen(task, job.hydra)
            refuse_unread(job.hydra.job.name, task, job.hydra)
            refuse_objectives(settings.objectives, task)
            refuse_test_selection(task)
            if shared is None:
                _refuse_fractions(config_loader, config, fixed, space)
            own = _facts_of(task, searched)
        # What depends on a searched choice is no fact of the study.
        shared = (
            own
            if shared is None
            else {key: value for key, value in shared.items() if own.get(key, ...) == value}
        )
    assert shared is not None
    _check_objectives(settings, searched)
    return {
        "space": space.facts(),
        "objectives": dict(zip(settings.objectives, settings.directions, strict=True)),
        "settings": json.loads(json.dumps(shared)),
    }


def _facts_of(task: DictConfig, searched: tuple[str, ...]) -> dict[str, Any]:
    """Settings of a job that are not searched and on which its result may depend."""
    return {
        key: value
        for key, value in flatten(recorded(task)).items()
        if concerns_result(key)
        and not any(key == other or key.startswith(f"{other}.") for other in searched)
    }


def _check_objectives(settings: Settings, searched: tuple[str, ...]) -> None:
    if settings.pruner != "none" and settings.objectives[0] not in LOGGED:
        raise ConfigError(
            f"hydra.sweeper.pruner={settings.pruner}: needs an objective that is logged each"
            f" epoch, such as val/dsc, not {settings.objectives[0]}"
        )
    if "val/loss" in settings.objectives and any(key.startswith("loss") for key in searched):
        log.warning("val/loss is the objective while the loss itself is searched: its values of")
        log.warning("different losses are not comparable; val/dsc is")


def _refuse_fractions(
    config_loader: Any, config: DictConfig, fixed: list[str], space: Space
) -> None:
    """A range of fractions for a setting that is a whole number is most likely a slip."""
    before = config_loader.load_sweep_config(config, fixed)
    for parameter in space.parameters:
        value = OmegaConf.select(before, parameter.key, throw_on_missing=False)
        if isinstance(value, int) and not isinstance(value, bool) and not parameter.typed:
            raise ConfigError(
                f"hydra.sweeper.space.{parameter.key}: the setting is a whole number; add"
                " type: int (or type: float)"
            )


@contextmanager
def _as_job(job: DictConfig) -> Iterator[DictConfig]:
    """The configuration that a job would get, with Hydra's own settings within reach."""
    from hydra.core.hydra_config import HydraConfig

    with open_dict(job):
        job.hydra.job.num = 0
        job.hydra.job.id = "0"
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(job)
    try:
        task = OmegaConf.masked_copy(job, [str(key) for key in job if key != "hydra"])
        assert isinstance(task, DictConfig)
        yield task
    finally:
        HydraConfig.instance().cfg = before
