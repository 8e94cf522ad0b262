"""What a run is called in Weights & Biases: by what a sweep changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lungseg.overrides import as_typed
from lungseg.privacy import HIDDEN, SOURCE_KEYS
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

    if "job_type" not in config.logger or config.logger.job_type is not None:
        return
    typed = config.logger
    hydra = HydraConfig.get()
    choices = hydra.runtime.choices
    chosen = [choices.get(group) for group in ("experiment", "sweep")]
    labels: dict[str, str | None] = {"name": None, "group": None, "job_type": "train"}
    if sweeping():
        keys = swept(hydra)
        words = as_typed(hydra.overrides.task)
        settings = [_rounded(word) for word in words if word.split("=")[0] in keys]
        rest = f" and {len(settings) - SHOWN_KEYS} more" if len(settings) > SHOWN_KEYS else ""
        labels |= {
            "name": f"{hydra.job.num}: {' '.join(settings[:SHOWN_KEYS])}{rest}",
            "group": "_".join(Path(hydra.sweep.dir).parts[-2:]),
            "job_type": "search" if is_search(hydra) else "sweep",
        }
    for key in ("name", "group", "job_type"):
        if typed[key] is None:
            typed[key] = labels[key]
    typed.tags = list(dict.fromkeys([*(str(name) for name in chosen if name), *typed.tags]))


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
