"""``lungseg plan``: how many test patients an interval of some width, or a difference, needs."""

from __future__ import annotations

import logging
import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from lungseg.apps.compare import check_set, run_folders_of
from lungseg.errors import ConfigError, DataError
from lungseg.files import short, write_json

if TYPE_CHECKING:
    from lungseg.report.planning import Goal

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> dict[str, Any]:
    """Plan from the scatter in finished runs; leave ``plan.html``, ``.json``, ``.svg``, ``.png``.

    Returns:
        The contents of ``plan.json``.
    """
    folders = run_folders_of(config.runs)
    check_set(config.set)
    from lungseg.report.crossvalidated import join_folds
    from lungseg.report.differences import differences
    from lungseg.report.grouping import group_runs
    from lungseg.report.plan_page import leave_plan
    from lungseg.report.planning_runs import patients_of, plan_of_runs
    from lungseg.runs.claim import claim_new
    from lungseg.runs.find import find_runs
    from lungseg.runs.read import COMPLETED

    metric, goal = _metric(config.metric), _goal(config)
    runs = find_runs(folders, pooled=True)
    completed = [one for one in runs if one.state == COMPLETED]
    if not completed:
        raise DataError(f"runs: none has completed; {runs[0].name} is {runs[0].state}", folders[0])
    if without := [one.name for one in completed if config.set not in one.sets]:
        raise ConfigError(f"set={config.set}: run {without[0]} has no such set")
    if config.set == "test":
        completed = join_folds(completed)
    patients = patients_of(completed)
    groups = group_runs(completed, differences(completed), metric, config.set)
    plan = plan_of_runs(groups, metric, config.set, goal, patients)
    output = Path(str(config.output)) if config.output is not None else claim_new(
        Path(f"{config.outputs}/plan/{datetime.now():%Y-%m-%d_%H-%M-%S}"))  # fmt: skip
    missing = [f"{one.name}: {text}" for one in completed for text in one.missing]
    content = plan.as_json() | {
        "set": config.set,
        "runs": [one.name for one in completed],
        "synthetic": any(one.synthetic for one in completed),
        "patients_known": bool(patients),
        "missing_folds": missing,
    }
    write_json(output / "plan.json", content)
    leave_plan(output, plan, content)
    for sentence in [*content["sentences"], *missing]:
        log.info(sentence)
    log.info(f"the page: {short(output / 'plan.html')}; plan.json, .svg and .png beside it")
    return content


def _metric(name: Any) -> Any:
    from lungseg.report.compared import METRICS

    if name not in METRICS:
        raise ConfigError(f"metric={name}: must be one of {', '.join(METRICS)}")
    return METRICS[name]


def _goal(config: DictConfig) -> Goal:
    """What is wished, with the metric's own defaults.

    Raises:
        ConfigError: If a wish is impossible.
    """
    from lungseg.report.planning import DISTANCE, Goal

    plain = Goal() if _metric(config.metric).higher_is_better else DISTANCE
    given = {key: getattr(plain, key) if config[key] is None else config[key]
             for key in ("width", "difference", "power", "correlation")}  # fmt: skip
    most = 1.0 if _metric(config.metric).higher_is_better else math.inf
    for key, (low, high) in {
        "width": (0.0, most),
        "difference": (0.0, most),
        "power": (0.0, 1.0),
        "correlation": (-1.0, 1.0),
    }.items():
        value = given[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
            above = f"between {low:g} and {high:g}" if math.isfinite(high) else f"above {low:g}"
            raise ConfigError(f"{key}={value}: must be a number {above}, without these ends")
    return Goal(**given)
