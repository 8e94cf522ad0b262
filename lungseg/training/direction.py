"""Whether a logged number is better high or low: the name says so, nothing may contradict it."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.config import build, parameters_of
from lungseg.errors import ConfigError
from lungseg.training.leaks import check_monitor, monitors

MODES = {"loss": "min", "accuracy": "max", "dsc": "max"}


def mode_of(monitor: str) -> str:
    """``min`` or ``max``, whichever is better of a logged number.

    >>> mode_of("val/loss"), mode_of("val/dsc")
    ('min', 'max')
    """
    return MODES[monitor.rpartition("/")[2]]


def refuse_wrong_mode(config: DictConfig) -> None:
    """Stop where a ``mode`` beside a ``monitor`` would take the worst for the best.

    Call it after :func:`lungseg.training.leaks.refuse_test_selection`, which refuses unknown names.

    Raises:
        ConfigError: Naming the first such setting.
    """
    for key, monitor in monitors(config).items():
        parent = key.rpartition(".")[0]
        # The mode of a schedule is an argument of the scheduler, one level below its monitor.
        for place in (f"{parent}.mode", f"{parent}.scheduler.mode"):
            mode = OmegaConf.select(config, place)
            if mode is not None:
                _check_mode(place, mode, monitor)


def build_monitored(node: Any, where: str, monitor: str | None, **kwargs: Any) -> Any:
    """Build a callback or a scheduler; a ``mode`` that is null or left out follows from the name.

    Args:
        node: Its configuration.
        where: Its key, named in errors.
        monitor: What it watches, if anything.
        **kwargs: Passed on.
    """
    plain = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else dict(node)
    assert isinstance(plain, dict)
    if (
        monitor is not None
        and plain.get("mode") is None
        and ("mode" in plain or _takes_mode(plain.get("_target_")))
    ):
        plain["mode"] = mode_of(monitor)
    return build(plain, where, **kwargs)


def check_monitored(scheduler: object, interval: object, monitor: object) -> None:
    """Stop where a schedule would not follow its number: only ReduceLROnPlateau follows one.

    Args:
        scheduler: Its class.
        interval: ``epoch`` or ``step``.
        monitor: Name of the number; None if there is none.

    Raises:
        ConfigError: If ReduceLROnPlateau has no monitor or steps by batch, or another one has a
            monitor.
    """
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    if not (isinstance(scheduler, type) and issubclass(scheduler, ReduceLROnPlateau)):
        if monitor is None:
            return
        name = getattr(scheduler, "__name__", scheduler)
        raise ConfigError(f"scheduler.monitor={monitor}: {name} follows no number; leave it out")
    if monitor is None:
        raise ConfigError(
            "scheduler.monitor: ReduceLROnPlateau needs a number to follow:"
            " scheduler.monitor=val/loss (or train/loss without a validation set)"
        )
    if interval != "epoch":
        raise ConfigError(
            f"scheduler.interval={interval}: ReduceLROnPlateau follows {monitor}, which there is"
            " once per epoch: scheduler.interval=epoch"
        )


def check_built(callback: Any, where: str, *, allow_test: bool) -> None:
    """Check what a callback watches where its own defaults decide that.

    Raises:
        ConfigError: As :func:`refuse_wrong_mode` and ``refuse_test_selection``.
    """
    monitor, mode = getattr(callback, "monitor", None), getattr(callback, "mode", None)
    if not isinstance(monitor, str):
        return
    check_monitor(f"{where}.monitor", monitor, allow_test=allow_test)
    if isinstance(mode, str):
        _check_mode(f"{where}.mode", mode, monitor)


def _check_mode(key: str, mode: object, monitor: str) -> None:
    if mode != (right := mode_of(monitor)):
        better = "lower" if right == "min" else "higher"
        raise ConfigError(
            f"{key}={mode}: {monitor} is better the {better} it is, so this must be {right}"
            " (null: by the name)"
        )


def _takes_mode(target: Any) -> bool:
    try:
        return "mode" in parameters_of(str(target), "monitor")
    except ConfigError:  # building it says what is wrong
        return False
