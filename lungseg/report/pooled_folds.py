"""What a pooled result keeps of its folds, whose folders may be gone when it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lungseg.evaluation.pooled import Pooled
from lungseg.overrides import setting_of_override
from lungseg.runs.fold_settings import is_fold_key, split_class
from lungseg.runs.folds import LABELS, Fold, Repeat

EACH = "each"
"""Key of the record of each fold."""
COMMANDS = "commands"
"""Key of the words of each command that trains the folds."""
SHARED = ("python", "packages", "hardware", "devices")
"""Parts of ``provenance.json`` that are kept where all folds have the same."""


def record_of_folds(pooled: Pooled) -> dict[str, Any]:
    """What made the folds: one entry per fold, what all share, and the commands.

    Args:
        pooled: The folds with their provenance.

    Returns:
        Plain containers; a part of `SHARED` is None where the folds differ in it.
    """
    folds = pooled.folds
    return {
        EACH: [_of_fold(fold, repeat) for repeat in pooled.repeats for fold in repeat.folds],
        COMMANDS: [words for repeat in pooled.repeats for words in commands(repeat.folds)],
        **{key: shared([fold.provenance.get(key) for fold in folds]) for key in SHARED},
    }


def _of_fold(fold: Fold, repeat: Repeat) -> dict[str, Any]:
    evaluation = fold.evaluation
    return {
        "fold": fold.label,
        "repeat": repeat.label,
        "run": fold.run.name,
        **{f"n_{name}": len(fold.sets.get(name, ())) for name in ("train", "val", "test")},
        "file": fold.run.weights,
        "epochs": fold.run.epochs,
        "seconds": _seconds(fold),
        "checkpoint_sha256": _checkpoint(fold.run.folder, fold.run.weights),
        "postprocess_choice": evaluation.get("postprocess_choice"),
        "search": fold.run.search,
    }


def _seconds(fold: Fold) -> float | None:
    """Wall time of all epochs; None where one is not recorded."""
    history = fold.run.history
    if history is None or "epoch_seconds" not in history or history["epoch_seconds"].isna().any():
        return None
    return float(history["epoch_seconds"].sum())


def _checkpoint(folder: Path, name: str | None) -> str | None:
    file = folder / "checkpoints" / (name or "")
    if not file.is_file():
        return None
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def commands(folds: Sequence[Fold]) -> list[list[str]]:
    """Words after ``lungseg train`` that train the folds of one repeat.

    One command for all folds where the split has them by number or site and they were started by
    the same words; otherwise the words of each fold.

    Args:
        folds: Of one repeat.
    """
    key = LABELS.get(split_class(folds[0].run.config))
    typed = [[*fold.run.overrides] for fold in folds]
    without = [
        [word for word in words if not of_fold(word, fold)]
        for words, fold in zip(typed, folds, strict=True)
    ]
    if key is None or any(words != without[0] for words in without):
        return typed
    return [["-m", *without[0], f"{key}=all"]]


def of_fold(override: str, fold: Fold, *more: str) -> bool:
    """Whether an override says which fold it is, or sets one of `more`."""
    key = setting_of_override(override)
    return key in more or is_fold_key(key, fold.run.config)


def shared(values: Sequence[Any]) -> Any:
    """The value that all have; None where they differ."""
    return values[0] if all(value == values[0] for value in values) else None
