"""What a run is called in W&B and in MLflow: by what a sweep changes."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lungseg.overrides import as_typed, literals
from lungseg.privacy import HIDDEN, SOURCE_KEYS
from lungseg.redacted_logs import redactor_of_job
from lungseg.redaction import identifying_in
from lungseg.sweeps.callback import MARK
from lungseg.sweeps.mode import is_search, sweeping

SHOWN_KEYS = 4
"""Settings in a name, at most: names are for people."""
LABELS = ("project", "name", "group", "job_type", "tags", "experiment_name", "run_name")
"""Settings of loggers that are shown as they are."""
EXPERIMENT = "lungseg"
"""What the experiments of sweeps are called in MLflow, before the sweep."""


def name_run(config: DictConfig) -> None:
    """Fill in what the settings of the loggers leave open: name, group, job type and tags.

    A job of a sweep is named by the settings that the sweep changes, and grouped with the other
    jobs, in MLflow in an experiment of their own; the experiment and the sweep that were chosen
    are tags.

    Args:
        config: Of the run; its ``logger`` is changed.
    """
    wandb = config.logger if "job_type" in config.logger else None
    mlflow = config.logger.get("mlflow")
    for node in (wandb, mlflow):
        if node is not None:
            _hide_source(config, node)
    if wandb is not None and wandb.job_type is None:
        labels = _labels(config)
        for key in ("name", "group", "job_type"):
            if wandb[key] is None:
                wandb[key] = labels[key]
        wandb.tags = list(dict.fromkeys([*_chosen().values(), *wandb.tags]))
    if mlflow is not None and "job_type" not in (mlflow.get("tags") or {}):
        labels = _labels(config)
        group = labels["group"]
        if group and mlflow.get("experiment_name", "") is None:
            mlflow.experiment_name = f"{EXPERIMENT} {group}"
        if mlflow.get("run_name", "") is None:
            mlflow.run_name = labels["name"]
        if "tags" in mlflow:
            mlflow.tags = {"job_type": labels["job_type"], **_chosen(), **(mlflow.tags or {})}


def _chosen() -> dict[str, str]:
    """The experiment and the sweep that were chosen."""
    from hydra.core.hydra_config import HydraConfig

    choices = HydraConfig.get().runtime.choices
    return {name: str(choices[name]) for name in ("experiment", "sweep") if choices.get(name)}


def _labels(config: DictConfig) -> dict[str, str | None]:
    """Name, group and job type of the job under way."""
    from hydra.core.hydra_config import HydraConfig

    hydra = HydraConfig.get()
    if not sweeping():
        return {"name": None, "group": None, "job_type": "train"}
    keys = swept(hydra)
    words = as_typed(hydra.overrides.task)
    shown = [word for word in words if word.split("=")[0] in keys and not identifying_in(word)]
    settings = [_rounded(word) for word in shown]
    rest = f" and {len(settings) - SHOWN_KEYS} more" if len(settings) > SHOWN_KEYS else ""
    return {
        "name": f"{hydra.job.num}: {' '.join(settings[:SHOWN_KEYS])}{rest}",
        "group": _group(config, hydra),
        "job_type": "search" if is_search(hydra) else "sweep",
    }


def _hide_source(config: DictConfig, node: DictConfig) -> None:
    """Blank what identifies in the labels that the user gave: they may refer to any setting."""
    from omegaconf import OmegaConf

    redactor, labels = redactor_of_job(config), OmegaConf.to_container(node, resolve=True)
    assert isinstance(labels, dict)
    for key in LABELS:
        if key in labels and (redacted := redactor.data(labels[key])) != labels[key]:
            node[key] = literals(redacted)


def _group(config: DictConfig, hydra: Any) -> str | None:
    """The last names of the sweep's folder; outside the folder of results they may identify."""
    folder = Path(os.path.abspath(hydra.sweep.dir))
    outputs = Path(os.path.abspath(config.outputs))
    if folder.is_relative_to(outputs):
        return "_".join(folder.relative_to(outputs).parts[-2:])
    if is_search(hydra):
        return f"search_{hydra.sweeper.study_name}"
    mark = folder / MARK
    started = datetime.fromtimestamp(mark.stat().st_mtime) if mark.exists() else None
    return f"{started:%Y-%m-%d_%H-%M-%S}" if started else None


def _rounded(override: str) -> str:
    """A value that a search proposed, with four significant digits."""
    key, _, value = override.partition("=")
    return f"{key}={float(value):.4g}" if re.fullmatch(r"\d+\.\d{5,}(e-?\d+)?", value) else override


def swept(hydra: Any) -> set[str]:
    """Keys that the sweep of this job changes; never one of a path of the source."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    keys = set(hydra.sweeper.get("params") or ())
    if hydra.sweeper.get("space"):
        from lungseg.search.space import ranges_of

        keys |= ranges_of(dict(hydra.sweeper.space)).keys()
    sweep = OmegaConf.load(Path(hydra.sweep.dir) / "multirun.yaml")
    typed = [text for text in as_typed(sweep.hydra.overrides.task) if HIDDEN not in text]
    for override in OverridesParser.create().parse_overrides(typed):
        if override.is_sweep_override():
            keys.add(override.get_key_element())
    return keys - set(SOURCE_KEYS)
