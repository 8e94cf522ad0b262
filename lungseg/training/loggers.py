"""The logger of a run: a W&B run, or any other logger of Lightning."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, open_dict

from lungseg.config import build, parameters_of
from lungseg.overrides import split_override

START_RUN = "lungseg.training.wandb_run.start_run"
OPTION = "wandb"
"""The option of the group ``logger`` whose settings are those of ``START_RUN``."""


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


def build_logger(logger: DictConfig, run_dir: Path, ours: dict[str, Any]) -> Any:
    """Build the logger of a node; one that saves files saves them in the run folder by default.

    Args:
        logger: With ``_target_``.
        run_dir: Run folder.
        ours: Arguments that lungseg gives to a logger that knows them.
    """
    known = parameters_of(str(logger["_target_"]), "logger")
    given = ours | {"save_dir": str(run_dir)}
    wanted = {key: value for key, value in given.items() if key in known and key not in logger}
    return build(logger, "logger", **wanted)
