"""Checks of values that would otherwise fail late."""

from __future__ import annotations

import math
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

from omegaconf import DictConfig

from lungseg.apps.leftovers import refuse_leftovers, typed_keys
from lungseg.arguments import check_arguments
from lungseg.arguments.network_input import check_network_input
from lungseg.augment.augment import Augment
from lungseg.config import build, parameters_of, refuse_unknown_arguments
from lungseg.data.network_input import SETTINGS
from lungseg.errors import ConfigError
from lungseg.evaluation.conventions import empty_dsc
from lungseg.targets import locate, needs
from lungseg.training.device import check_names, check_precision
from lungseg.training.layers import patterns_of, scales_of
from lungseg.training.loggers import PACKAGES, nodes_of

LOGGER_PACKAGES = {
    "TensorBoardLogger": ("tensorboard", "tensorboardX"),
    "MLFlowLogger": ("mlflow",),
    "CometLogger": ("comet_ml",),
}
"""Packages of which Lightning's own loggers need one, and which they miss only when built."""
READ_LATE = (
    *("allow_test_selection", "ckpt_path", "compile", "freeze", "init", "logger", "lr_scale"),
    "report",
)


def check_settings(config: DictConfig) -> None:
    """Check all that can be checked without importing torch, which takes seconds.

    Raises:
        ConfigError: Naming the first setting that is out of range.
    """
    for key in READ_LATE:
        if key not in config:
            raise ConfigError(f"{key}: this setting must be there; leave ~{key} out")
    _check_integer("seed", config.seed, 0)
    _check_trainer(config.trainer)
    _check_integer("data.batch_size", config.data.batch_size, 1)
    _check_integer("data.num_workers", config.data.num_workers, 0)
    if not isinstance(config.compile, bool):
        raise ConfigError(f"compile={config.compile}: must be true or false")
    if config.data.cache not in ("memory", "device"):
        raise ConfigError(f"data.cache={config.data.cache}: must be memory or device")
    if config.data.cache == "device" and config.data.cache_gib == 0:
        raise ConfigError("data.cache=device: keeps what data.cache_gib allows, which is 0")
    if config.data.cache == "device" and config.data.num_workers:
        raise ConfigError(
            "data.cache=device: processes that load slices cannot share it; leave"
            f" data.num_workers={config.data.num_workers} out"
        )
    if config.data.cache_gib != 0:
        _check_number("data.cache_gib", config.data.cache_gib, 0)
    check_training_slices(config)
    if "lr" in config.optimizer:
        _check_number("optimizer.lr", config.optimizer.lr, 0)
    check_metrics(config.metrics)
    for where in ("model", "loss", "sampling", "postprocess"):
        check_arguments(config[where], where)
    for where, node in nodes_of(config.logger).items():
        check_arguments(node, where)
        _check_package(node, where)
    for name, callback in config.callbacks.items():
        check_arguments(callback, f"callbacks.{name}")
    if config.scheduler:
        _check_schedule(config.scheduler)
    patterns_of(config.freeze)
    scales_of(config.lr_scale)


def check_classes(config: DictConfig) -> None:
    """Check what the classes that are built only when the cases are there would refuse.

    Raises:
        ConfigError: Naming the first setting that they do not take.
    """
    from lungseg.training.device import check_accelerator

    refuse_unknown_arguments(config.trainer, "trainer")
    for where, node in nodes_of(config.logger).items():
        refuse_unknown_arguments(node, where)
        _check_logger(node, where)
    for name, callback in config.callbacks.items():
        refuse_unknown_arguments(callback, f"callbacks.{name}")
        _check_watched(callback, f"callbacks.{name}")
    _check_averages(config.callbacks)
    typed = typed_keys()
    for where in ("model", "loss", "optimizer", "intensity", "sampling"):
        refuse_leftovers(config[where], where, typed)
    if config.scheduler:
        schedule, given = config.scheduler.scheduler, [config.scheduler.get("steps_as")]
        refuse_leftovers(schedule, "scheduler.scheduler", typed, given)
        refuse_unknown_arguments(schedule, "scheduler.scheduler")
        _check_followed(config.scheduler)
    check_accelerator(config.trainer)
    _check_strategy(config.trainer.get("strategy"))


def check_training_slices(config: DictConfig) -> Augment | None:
    """Check what becomes of slices before the network sees them in training.

    Returns:
        Their augmentation; None for none.

    Raises:
        ConfigError: Naming the first setting that is out of range.
    """
    data = config.data
    if None not in (data.get("matrix_size"), data.get("spacing")):
        _refuse_two_sizes(data)
    try:
        check_network_input(**{key: data[key] for key in SETTINGS if key in data})
    except ValueError as error:
        raise ConfigError(f"data: {error}") from None
    check_arguments(config.intensity, "intensity")
    if not config.augment:
        return None
    augment: Augment = build(config.augment, "augment")
    augment.check(2 * data.context + 1)
    return augment


def _refuse_two_sizes(data: Any) -> None:
    """Both say how large pixels become; an experiment may have brought one of them."""
    both = f"data: matrix_size={data.matrix_size} and spacing={data.spacing}: give one of them"
    untyped = {"data.matrix_size", "data.spacing"} - typed_keys()
    if len(untyped) == 1:
        (key,) = untyped
        both += f"; {key} was not typed, drop it with {key}=null"
    raise ConfigError(both)


def _check_trainer(trainer: DictConfig) -> None:
    _check_integer("trainer.max_epochs", trainer.max_epochs, 1)
    if trainer.get("limit_test_batches") is not None:
        raise ConfigError(
            "trainer.limit_test_batches: leave it out; numbers of a part would mislead"
        )
    check_precision(trainer.precision)
    check_names(trainer)


def _check_schedule(scheduler: Any) -> None:
    if "scheduler" not in scheduler:
        raise ConfigError("scheduler: has no scheduler.scheduler; choose one of its options")
    if (interval := scheduler.get("interval")) not in ("epoch", "step"):
        raise ConfigError(f"scheduler.interval={interval}: must be epoch or step")
    check_arguments(scheduler.scheduler, "scheduler.scheduler")


def _check_package(node: dict[str, Any], where: str) -> None:
    """Stop at a logger of ours whose package is not installed."""
    target, package = PACKAGES.get(where.rpartition(".")[2], ("", ""))
    if node["_target_"] == target and find_spec(package) is None:
        raise needs(package, where, target)


def _check_logger(logger: dict[str, Any], where: str) -> None:
    """Stop at a class that logs nothing, or whose package is not installed."""
    from pytorch_lightning.loggers.logger import Logger

    made = locate(str(logger["_target_"]), where)
    if not isinstance(made, type):  # what a function makes is used as it is
        return
    if not issubclass(made, Logger):
        raise ConfigError(
            f"{where}: {logger['_target_']} is no logger, a subclass of"
            " pytorch_lightning.loggers.Logger"
        )
    packages = LOGGER_PACKAGES.get(made.__name__, ())
    if packages and not any(find_spec(package) for package in packages):
        raise needs(packages[0], where, str(logger["_target_"]))


def _check_strategy(strategy: object) -> None:
    from pytorch_lightning.strategies import StrategyRegistry

    names = ["auto", *StrategyRegistry.available_strategies()]
    if isinstance(strategy, str) and strategy not in names:
        close = get_close_matches(strategy, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
        raise ConfigError(f"trainer.strategy={strategy}: no such strategy; {hint}")


def _check_watched(callback: Any, where: str) -> None:
    """Stop where a callback that has to watch a number is given none."""
    if "_target_" not in callback or callback.get("monitor") is not None:
        return
    monitor = parameters_of(callback["_target_"], where).get("monitor")
    if monitor is not None and monitor.default is monitor.empty:
        raise ConfigError(f"{where}.monitor: must name a logged number, such as val/loss")


def _check_averages(callbacks: Any) -> None:
    """Stop at two averages of the weights: each would save its own as those of the run."""
    from pytorch_lightning.callbacks import WeightAveraging

    averages = [
        str(name)
        for name, callback in callbacks.items()
        if isinstance(made := locate(str(callback.get("_target_", "builtins.object")), name), type)
        and issubclass(made, WeightAveraging)
    ]
    if len(averages) > 1:
        raise ConfigError(f"callbacks: {' and '.join(averages)} both average the weights; take one")


def _check_followed(scheduler: Any) -> None:
    """Check that there is a number where a schedule follows one."""
    from lungseg.training.direction import check_monitored

    # Where none is named, building says so.
    made = locate(scheduler.scheduler.get("_target_", "builtins.object"), "scheduler.scheduler")
    if isinstance(made, type):  # what a function makes is checked when it is made
        check_monitored(made, scheduler.interval, scheduler.get("monitor"))


def check_metrics(metrics: Any) -> None:
    """Check the settings that evaluations share.

    Raises:
        ConfigError: Naming the first setting that is out of range.
    """
    _check_number("metrics.threshold", metrics.threshold, 0, 1)
    _check_convention(empty_dsc(metrics))
    check_subgroups(getattr(metrics, "subgroups", None))  # earlier versions had none


def check_given(metrics: Any) -> None:
    """As :func:`check_metrics`, where null stands for the settings of the training.

    Raises:
        ConfigError: Naming the first setting that is out of range.
    """
    if metrics.threshold is not None:
        _check_number("metrics.threshold", metrics.threshold, 0, 1)
    if metrics.empty_dsc is not None:
        _check_convention(empty_dsc(metrics))
    check_subgroups(metrics.subgroups)


def check_subgroups(names: object) -> None:
    """Refuse what is no list of names; which names there are is known with the cases.

    Raises:
        ConfigError: Likewise.
    """
    if names is None:
        return
    # A word would pass for a sequence of letters.
    given = list(names) if isinstance(names, Sequence) and not isinstance(names, str) else [None]
    if not all(isinstance(name, str) for name in given):
        raise ConfigError(f"metrics.subgroups={names}: must be a list of names: [sex, scanner]")


def _check_convention(value: object) -> None:
    if value not in ("zero", "one", "nan"):
        raise ConfigError(f"metrics.empty_dsc={value}: must be zero, one or nan")


def _check_integer(key: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{key}={value}: must be a whole number, {least} or more")


def _check_number(key: str, value: object, low: float, high: float = math.inf) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low < value < high:
        bounds = f"above {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        raise ConfigError(f"{key}={value}: must be a number {bounds}")
