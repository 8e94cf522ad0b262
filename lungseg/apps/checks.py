"""Values of settings, checked where they enter."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lungseg.errors import ConfigError


def check_values(config: DictConfig) -> None:
    """Check what no part of a run checks for itself in time.

    Raises:
        ConfigError: Naming the first setting that is out of range.
    """
    from lungseg.training.device import resolve_precision

    for group in ("experiment", "sweep"):
        if config.get(group) is not None:
            raise ConfigError(
                f"{group}: the chosen file changes nothing; its first line must be"
                " # @package _global_"
            )
    _whole("seed", config.seed, 0)
    _whole("trainer.max_epochs", config.trainer.max_epochs, 1)
    _whole("data.batch_size", config.data.batch_size, 1)
    _whole("data.num_workers", config.data.num_workers, 0)
    if config.data.cache_gib != 0:
        _number("data.cache_gib", config.data.cache_gib, 0)
    if "lr" in config.optimizer:
        _number("optimizer.lr", config.optimizer.lr, 0)
    check_metrics(config.metrics)
    if config.trainer.get("limit_test_batches") is not None:
        raise ConfigError(
            "trainer.limit_test_batches: leave it out; numbers of a part would mislead"
        )
    resolve_precision(config.trainer.precision, config.trainer.accelerator)


def empty_dsc(metrics: Any) -> Any:
    """The convention for empty slices; Hydra reads ``metrics.empty_dsc=nan`` as a number."""
    value = metrics.empty_dsc
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def check_metrics(metrics: Any) -> None:
    """Check the settings that evaluations share.

    Raises:
        ConfigError: Naming the first setting that is out of range.
    """
    _number("metrics.threshold", metrics.threshold, 0, 1)
    if empty_dsc(metrics) not in ("zero", "one", "nan"):
        raise ConfigError(f"metrics.empty_dsc={metrics.empty_dsc}: must be zero, one or nan")


def _whole(key: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{key}={value}: must be a whole number, {least} or more")


def _number(key: str, value: object, low: float, high: float = math.inf) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low < value < high:
        bounds = f"above {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        raise ConfigError(f"{key}={value}: must be a number {bounds}")


def refuse_taken(run_dir: Path, ckpt_path: str | None) -> None:
    """Two runs never share a folder, also when they start in the same second."""
    if ckpt_path is not None or os.environ.get("LOCAL_RANK", "0") != "0":
        return
    try:
        (run_dir / ".run").touch(exist_ok=False)
    except FileExistsError:
        raise ConfigError(
            "this folder already holds a run; start again, or go on with ckpt_path=…", run_dir
        ) from None


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
