"""A sweep over all folds of a cross-validation: what it ends with."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from lungseg.errors import LungsegError, describe
from lungseg.files import short
from lungseg.overrides import as_typed, split_override
from lungseg.privacy import HIDDEN
from lungseg.runs.checkpoint import LAST
from lungseg.runs.claim import POOLED

if TYPE_CHECKING:
    from lungseg.runs.read import Run

ALL = "all"
KEYS = ("split.fold", "split.site")
SEEDS = ("seed", "split.seed")
NOT_SWEPT = (*KEYS, *SEEDS)
"""Settings in which the runs of one pooled result differ."""


def fold_key(config: DictConfig) -> str | None:
    """The setting by which a configuration asks for all folds; None if it does not."""
    plain: Any = OmegaConf.to_container(config)
    split = plain.get("split") or {}
    return next((key for key in KEYS if split.get(key.split(".")[1]) == ALL), None)


@dataclass(frozen=True, eq=False)
class _Setting:
    """Jobs of a sweep that differ in the fold and the seeds alone."""

    label: str
    runs: list[Run]


def end_folds(config: DictConfig, folder: Path, *, pooling: bool) -> int:
    """Pool the folds of each setting of a sweep, or say how to complete what is missing.

    Args:
        config: Of the sweep.
        folder: Of the sweep.
        pooling: Whether to pool: not after Ctrl-C.

    Returns:
        Number of settings whose folds could not be pooled.
    """
    key = fold_key(config)
    if key is None:
        return 0
    from lungseg.runs.find import find_runs

    try:
        runs = find_runs([folder])
    except LungsegError:  # no job has begun
        return 1
    word = next(
        (w for w in as_typed(config.hydra.overrides.task) if split_override(w)[0] == key), ""
    )
    n_folds = len(_values(word))
    settings, left = _settings(runs), 0
    for setting in settings:
        lacking = _lacking(setting, n_folds, key)
        output = folder / POOLED / _folder_name(setting.label)
        if lacking:
            left += 1
            _say_how(setting, lacking, folder, output, alone=len(settings) == 1)
        elif pooling:
            left += not _pool(setting, output, config)
    if pooling and len(settings) > 1 and left < len(settings) - 1:
        print(f"settings compared over all folds: lungseg compare runs={short(folder / POOLED)}")
    return left


def _settings(runs: Sequence[Run]) -> list[_Setting]:
    """The runs by what else than fold and seeds was typed for them."""
    grouped: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        words = [word for word in run.overrides if split_override(word)[0] not in NOT_SWEPT]
        grouped.setdefault(tuple(words), []).append(run)
    common = set.intersection(*(set(words) for words in grouped)) if grouped else set()
    return [
        _Setting(", ".join(word for word in words if word not in common), members)
        for words, members in grouped.items()
    ]


def _values(word: str) -> list[Any]:
    """What a word of the command line sweeps over."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    if not word:
        return []
    parsed = OverridesParser.create().parse_override(word)
    return list(parsed.sweep_iterator()) if parsed.is_sweep_override() else [parsed.value()]


def _lacking(setting: _Setting, n_folds: int, key: str) -> list[str]:
    """Sentences on folds of a setting that did not complete, or never began."""
    sentences = [
        f"job {run.name} {run.state}: {run.error or 'no reason noted'}"
        for run in setting.runs
        if run.state != "completed"
    ]
    repeats: dict[tuple[str, ...], int] = {}
    for run in setting.runs:
        typed = tuple(word for word in run.overrides if split_override(word)[0] in SEEDS)
        repeats[typed] = repeats.get(typed, 0) + 1
    for seeds, n in repeats.items():
        if n < n_folds:
            of = f" with {' '.join(seeds)}" if seeds else ""
            sentences.append(f"{n_folds - n} of {n_folds} values of {key}{of} never began")
    return sentences


def _pool(setting: _Setting, output: Path, config: DictConfig) -> bool:
    from lungseg.report.pooled_results import pool_runs, tell

    allow, report = bool(config.allow_test_selection), bool(config.report)
    print(f"\n{setting.label or 'all folds'}, as one result:")
    try:
        pooled = pool_runs(setting.runs, output, allow_test_selection=allow, report=report)
    except LungsegError as error:
        print(f"not pooled: {describe(error)}")
        return False
    tell(pooled, output, report=report)
    return True


def _say_how(
    setting: _Setting, lacking: Sequence[str], folder: Path, output: Path, *, alone: bool
) -> None:
    """Say what is missing, and how to complete it."""
    print(f"\n{setting.label or 'cross-validation'}: not pooled, as folds are missing:")
    for sentence in lacking:
        print(f"  {sentence}")
    places = []
    for run in setting.runs:
        place = short(run.folder)
        if run.state != "completed" and (run.folder / LAST).is_file():
            print(f"  lungseg train resume={place}")
        elif run.state != "completed":
            words = [word.replace(HIDDEN, "…") for word in run.overrides]
            place = f"{place}-again"
            print(f"  lungseg train {shlex.join([*words, f'hydra.run.dir={place}'])}")
        places.append(place)
    if any("never began" in sentence for sentence in lacking):
        print(
            f"  the others: the same command with the missing values of fold, and hydra.sweep.dir="
            f"{short(folder)}/more"
        )
    names = short(folder) if alone else f"[{','.join(places)}]"
    print(f"  then: lungseg pool runs={names} output={short(output)}")


def _folder_name(label: str) -> str:
    from lungseg.report.pooled_results import folder_name

    return folder_name(label)
