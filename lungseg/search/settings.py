"""Settings of a search, below ``hydra.sweeper``, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from omegaconf import OmegaConf

from lungseg.errors import ConfigError
from lungseg.report.numbers import EVALUATED, better
from lungseg.training.direction import mode_of
from lungseg.training.leaks import NUMBERS

SAMPLERS = ("gp", "tpe", "cmaes", "random", "grid")
PRUNERS = ("none", "median", "hyperband")
DIRECTIONS = ("maximize", "minimize")
KEYS = ("study_name", "storage", "n_trials", "n_jobs", "sampler", "seed", "objective", "direction",
        "pruner", "pruner_startup_trials", "pruner_warmup_epochs", "space")  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Settings of a search.

    Attributes:
        study_name: Name of the study, and of its folder.
        storage: None for a journal under ``outputs``, a journal file, or an Optuna URL.
        n_trials: Finished trials that the study is to have in all.
        n_jobs: Trials handed to the launcher at a time.
        sampler: What proposes points.
        seed: Of the proposals.
        objectives: Numbers to optimize, e.g. ``val/dsc``.
        directions: ``maximize`` or ``minimize``, for each objective, as its name says.
        pruner: What stops hopeless trials early.
        pruner_startup_trials: No trial is stopped before so many have finished.
        pruner_warmup_epochs: Nor in its first epochs.
        space: Ranges by setting, nested or with dots, as written.
    """

    study_name: str
    storage: str | None
    n_trials: int
    n_jobs: int
    sampler: str
    seed: int
    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    pruner: str
    pruner_startup_trials: int
    pruner_warmup_epochs: int
    space: dict[str, Any]


def read_settings(node: Mapping[str, Any]) -> Settings:
    """Check the settings below ``hydra.sweeper``.

    Raises:
        ConfigError: Naming the first that is wrong.
    """
    given = {key: _plain(value) for key, value in node.items()}
    for key in given:
        _one_of("setting", key, KEYS, where=f"hydra.sweeper.{key}")
    name = given["study_name"]
    if not isinstance(name, str) or not re.fullmatch(r"[\w][\w.-]*", name):
        raise ConfigError(
            f"hydra.sweeper.study_name={name}: must be a word that can name a folder,"
            " e.g. hydra.sweeper.study_name=alpha_beta"
        )
    for key, least in (
        ("n_trials", 1),
        ("n_jobs", 1),
        ("seed", 0),
        ("pruner_startup_trials", 0),
        ("pruner_warmup_epochs", 0),
    ):
        value = given[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ConfigError(
                f"hydra.sweeper.{key}={value}: must be a whole number, {least} or more"
            )
    given["pruner"] = given["pruner"] or "none"
    _one_of("sampler", given["sampler"], SAMPLERS)
    _one_of("pruner", given["pruner"], PRUNERS)
    objectives, directions = _objectives(given["objective"], given["direction"])
    if len(objectives) > 1 and given["sampler"] == "cmaes":
        raise ConfigError("hydra.sweeper.sampler=cmaes: knows one objective only; take gp or tpe")
    if len(objectives) > 1 and given["pruner"] != "none":
        raise ConfigError(
            f"hydra.sweeper.pruner={given['pruner']}: needs a single objective to compare by"
        )
    return Settings(
        study_name=name,
        storage=given["storage"],
        n_trials=given["n_trials"],
        n_jobs=given["n_jobs"],
        sampler=given["sampler"],
        seed=given["seed"],
        objectives=objectives,
        directions=directions,
        pruner=given["pruner"],
        pruner_startup_trials=given["pruner_startup_trials"],
        pruner_warmup_epochs=given["pruner_warmup_epochs"],
        space=given["space"] or {},
    )


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _one_of(what: str, value: object, known: tuple[str, ...], where: str | None = None) -> None:
    if value not in known:
        close = get_close_matches(str(value), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise ConfigError(f"{where or f'hydra.sweeper.{what}={value}'}: no such {what}; {hint}")


def _objectives(objective: Any, direction: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    objectives = tuple(objective) if isinstance(objective, list) else (objective,)
    directions = tuple(direction) if isinstance(direction, list) else (direction,)
    if len(objectives) != len(directions):
        raise ConfigError(
            f"hydra.sweeper.direction: {len(directions)} for {len(objectives)} objectives;"
            " each objective needs its own, e.g. 'hydra.sweeper.direction=[maximize,minimize]'"
        )
    for way in directions:
        _one_of("direction", way, DIRECTIONS)
    right = tuple(map(_direction, map(str, objectives), directions))
    for name, way, other in zip(objectives, directions, right, strict=True):
        if way != other:
            size = "small" if other == "minimize" else "large"
            written = right[0] if len(right) == 1 else f"[{','.join(right)}]"
            raise ConfigError(
                f"hydra.sweeper.direction={way}: {name} is better when it is {size};"
                f" write hydra.sweeper.direction={written}"
            )
    return tuple(map(str, objectives)), directions


def _direction(name: str, given: str) -> str:
    """The direction that follows from an objective's name."""
    number = name.partition("/")[2]
    if number in NUMBERS:
        mode: str | None = mode_of(name)
    elif number in EVALUATED:
        mode = better(number)
    else:
        return given  # no run has it; refused once the split is known
    if mode is None:
        raise ConfigError(
            f"hydra.sweeper.objective={name}: neither a high nor a low value is better; take"
            " val/dsc, or another number that measures quality"
        )
    return f"{mode}imize"
