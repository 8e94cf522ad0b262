"""The loggers of a run: W&B, MLflow, TensorBoard, or any other logger of Lightning."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from lungseg.config import build, parameters_of
from lungseg.errors import Pruned, describe
from lungseg.overrides import split_override

log = logging.getLogger(__name__)

START_RUN = "lungseg.training.wandb_run.start_run"
OPTION = "wandb"
"""The option of the group ``logger`` whose settings are those of ``START_RUN``."""
PACKAGES = {
    "mlflow": ("lungseg.training.mlflow_run.start_run", "mlflow"),
    "tensorboard": ("lungseg.training.tensorboard_run.start_run", "tensorboard"),
}
"""Nodes below ``logger`` that are loggers of their own: their class, and the package it needs."""


def nodes_of(logger: DictConfig) -> dict[str, dict[str, Any]]:
    """The settings of each logger by its key, resolved.

    W&B's stand directly below ``logger``, as those of any class that replaces it; MLflow's and
    TensorBoard's have a node of their own, so that ``logger=[wandb,mlflow]`` chooses both.

    Args:
        logger: The group's node.
    """
    plain = OmegaConf.to_container(logger, resolve=True)
    assert isinstance(plain, dict)
    nodes = {
        "logger": {str(key): value for key, value in plain.items() if key not in PACKAGES},
        **{f"logger.{name}": plain[name] for name in PACKAGES if name in plain},
    }
    return {where: node for where, node in nodes.items() if "_target_" in node}


def drop_leftovers(logger: DictConfig, option: str | None, typed: Iterable[str]) -> None:
    """Remove what the W&B option set from the node of another logger.

    ``logger._target_=…`` alone changes the class, and leaves ``logger.mode`` and the like.

    Args:
        logger: The node, which is changed.
        option: The chosen option of the group.
        typed: Overrides; what was typed for the new class stays.
    """
    if option != OPTION or logger.get("_target_", START_RUN) == START_RUN:
        return
    kept = {split_override(word)[0] for word in typed}
    with open_dict(logger):
        for key in list(logger):
            typed_below = any(f"{one}.".startswith(f"logger.{key}.") for one in kept)
            if key != "_target_" and not typed_below:
                del logger[key]


@contextmanager
def open_loggers(logger: DictConfig, run_dir: Path, ours: dict[str, Any]) -> Iterator[list[Any]]:
    """Build all loggers of a run, and close those that Lightning does not, whatever happens.

    Args:
        logger: The group's node.
        run_dir: Run folder.
        ours: Arguments that lungseg gives to a logger that knows them.
    """
    loggers: list[Any] = []
    try:
        for where, node in nodes_of(logger).items():
            loggers.append(build_logger(node, run_dir, ours, where))
        yield loggers
    except BaseException as stopped:
        _finish(loggers, 0 if isinstance(stopped, Pruned) else 1)
        raise
    _finish(loggers, 0)


def _finish(loggers: list[Any], exit_code: int) -> None:
    from lungseg.training.tracker import Tracker

    for logger in loggers:
        if isinstance(logger, Tracker):
            try:
                logger.finish(exit_code)
            except Exception as error:  # a server that is gone: the run itself is as it was
                log.warning(f"{type(logger).__name__} could not be closed: {describe(error)}")


def build_logger(
    logger: DictConfig | dict[str, Any], run_dir: Path, ours: dict[str, Any], where: str = "logger"
) -> Any:
    """Build the logger of a node; one that saves files saves them in the run folder by default.

    Args:
        logger: With ``_target_``.
        run_dir: Run folder.
        ours: Arguments that lungseg gives to a logger that knows them.
        where: Key of the node, named in errors.
    """
    known = parameters_of(str(logger["_target_"]), where)
    given = ours | {"save_dir": str(run_dir)}
    wanted = {key: value for key, value in given.items() if key in known and key not in logger}
    return build(logger, where, **wanted)
