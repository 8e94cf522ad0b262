"""A finished run's value: of the chosen checkpoint, on the validation set."""

from __future__ import annotations

import csv
import json
import math
from difflib import get_close_matches
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from lungseg.errors import ConfigError
from lungseg.report.numbers import EVALUATED
from lungseg.training.leaks import NUMBERS

ONE_SIDED = {
    **dict.fromkeys(("precision", "specificity"), "nothing"),
    **dict.fromkeys(("empty_accuracy_perfect", "empty_accuracy_low", "ece"), "nothing"),
    "recall": "everything",
}
"""Numbers that are perfect for a model that predicts nothing as lung, or everything."""


class NoValue(Exception):  # noqa: N818  # no error of the user's: it may happen to any trial
    """The run has no usable number."""


def refuse_objectives(objectives: tuple[str, ...], config: DictConfig) -> None:
    """Stop when an objective is not suited to choose by.

    Args:
        objectives: Names such as ``val/dsc``.
        config: Of a job.

    Raises:
        ConfigError: If one names the training or the test set, a set that the split lacks, or a
            number that no run has; or if it is the only one, and a useless model is best by it.
    """
    predicts, *others = {ONE_SIDED.get(name.partition("/")[2]) for name in objectives}
    if predicts and not others:
        raise ConfigError(
            f"hydra.sweeper.objective={','.join(objectives)}: is best for a model that predicts"
            f" {predicts} as lung; take val/dsc, or a second objective that falls then"
        )
    for name in objectives:
        where = f"hydra.sweeper.objective={name}"
        set_name, _, number = name.partition("/")
        known = [f"val/{key}" for key in (*NUMBERS, *EVALUATED)]
        if set_name == "test" and not config.allow_test_selection:
            raise ConfigError(
                f"{where}: would choose by the test set and make its numbers worthless; take"
                " val/… with split.val set (or allow_test_selection=true, which is reported)"
            )
        if set_name not in ("val", "test") or not number:
            hint = _meant(name, known) if set_name != "train" else None
            raise ConfigError(
                f"{where}: must be a number of the validation set;"
                f" {hint or 'such as val/dsc, or val/… of evaluation/summary.json'}"
            )
        if number not in (*NUMBERS, *EVALUATED):
            hint = _meant(name, [f"{set_name}/{key}" for key in (*NUMBERS, *EVALUATED)])
            raise ConfigError(
                f"{where}: no run has a number of that name;"
                f" {hint or 'there are ' + ', '.join(known)}"
            )
        missing = object()
        val = OmegaConf.select(config, "split.val", default=missing, throw_on_missing=False)
        if set_name == "val" and val is not missing and not val:
            raise _no_validation_set(name)


def read_objectives(run_dir: Path, objectives: tuple[str, ...]) -> list[float]:
    """Values of a completed run.

    A logged number, such as ``val/dsc``, is that of the epoch whose weights were evaluated; any
    other is looked up in ``evaluation/summary.json``.

    Raises:
        ConfigError: If no run could have such a number.
        NoValue: If this run's is not finite.
    """
    return [_read(run_dir, name) for name in objectives]


def _read(run_dir: Path, name: str) -> float:
    set_name, _, number = name.partition("/")
    value = (
        _logged(run_dir, name) if number in NUMBERS else _evaluated(run_dir, set_name, number, name)
    )
    if value is None or not math.isfinite(value):
        raise NoValue(f"{name} is {value}, which is not a finite number")
    return value


def _logged(run_dir: Path, name: str) -> float | None:
    provenance = json.loads((run_dir / "provenance.json").read_text())
    epoch = provenance["evaluation"]["epochs"] - 1
    with (run_dir / "metrics.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["epoch"]) == epoch]
    if not rows:
        raise NoValue(f"metrics.csv has no row of the chosen checkpoint's epoch {epoch}")
    if name not in rows[0]:
        raise _no_validation_set(name)
    return float(rows[0][name] or "nan")


def _evaluated(run_dir: Path, set_name: str, number: str, name: str) -> float | None:
    summary = json.loads((run_dir / "evaluation" / "summary.json").read_text())
    if set_name not in summary:
        raise _no_validation_set(name)
    value = summary[set_name][number]["value"]
    return None if value is None else float(value)


def _no_validation_set(name: str) -> ConfigError:
    return ConfigError(
        f"hydra.sweeper.objective={name}: the split has no validation set; give one with"
        " split.val, or with split=train_val_test"
    )


def _meant(name: str, known: list[str]) -> str | None:
    begun = [other for other in known if other.startswith(f"{name}_")]
    close = sorted(begun, key=len) or get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else None
