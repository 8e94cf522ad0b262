"""What a run is called in Weights & Biases: by what a sweep changes."""

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


def name_run(config: DictConfig) -> None:
    """Fill in what the settings of the logger leave open: name, group, job type and tags.

    A job of a sweep is named by the settings that the sweep changes, and grouped with the other
    jobs; the experiment and the sweep that were chosen are tags.

    Args:
        config: Of the run; its ``logger`` is changed, unless that is ``none``.
    """
    from hydra.core.hydra_config import HydraConfig

    typed = config.logger
    if "job_type" not in typed:
        return
    _hide_source(config)
    if typed.job_type is not None:
        return
    hydra = HydraConfig.get()
    choices = hydra.runtime.choices
    chosen = [choices.get(group) for group in ("experiment", "sweep")]
    labels: dict[str, str | None] = {"name": None, "group": None, "job_type": "train"}
    if sweeping():
        keys = swept(hydra)
        words = as_typed(hydra.overrides.task)
        shown = [word for word in words if word.split("=")[0] in keys and not identifying_in(word)]
        settings = [_rounded(word) for word in shown]
        rest = f" and {len(settings) - SHOWN_KEYS} more" if len(settings) > SHOWN_KEYS else ""
        labels |= {
            "name": f"{hydra.job.num}: {' '.join(settings[:SHOWN_KEYS])}{rest}",
            "group": _group(config, hydra),
            "job_type": "search" if is_search(hydra) else "sweep",
        }
    for key in ("name", "group", "job_type"):
        if typed[key] is None:
            typed[key] = labels[key]
    typed.tags = list(dict.fromkeys([*(str(name) for name in chosen if name), *typed.tags]))


def _hide_source(config: DictConfig) -> None:
    """Blank what identifies in the labels that the user gave: they may refer to any setting."""
    from omegaconf import OmegaConf

    redactor, labels = redactor_of_job(config), OmegaConf.to_container(config.logger, resolve=True)
    assert isinstance(labels, dict)
    for key in ("project", "name", "group", "job_type", "tags"):
        if (redacted := redactor.data(labels.get(key))) != labels.get(key):
            config.logger[key] = literals(redacted)


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
