"""What a reader of a pooled cross-validation has to know before any number of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lungseg.evaluation.degenerate import degenerate
from lungseg.evaluation.pooled import Pooled
from lungseg.report.few_cases import few_cases
from lungseg.runs.chosen import told
from lungseg.runs.fold_settings import refuse_other_settings
from lungseg.runs.folds import Fold


def missing(pooled: Pooled) -> list[str]:
    """Sentences on folds that are missing."""
    return [sentence for repeat in pooled.repeats for sentence in repeat.missing]


def alarms(pooled: Pooled) -> list[str]:
    """Sentences on what makes numbers doubtful, with what the pages of the folds say of theirs."""
    found = missing(pooled)
    if selecting := [f for f in pooled.folds if f.run.config.get("allow_test_selection")]:
        found.append(
            f"allow_test_selection=true in {_names(selecting)}: such a run may have chosen by its"
            " test set. The pooled numbers are not evidence."
        )
    found += degenerate(pooled.slices)
    said: dict[str, list[Fold]] = {}
    for fold in pooled.folds:
        for sentence in fold.evaluation.get("warnings", ()):
            said.setdefault(sentence, []).append(fold)
    for sentence, folds in said.items():
        found.append(
            sentence if len(folds) == len(pooled.folds) else f"{_names(folds)}: {sentence}"
        )
    return list(dict.fromkeys(found))


def notes(pooled: Pooled) -> list[str]:
    """Sentences on what narrows a conclusion, the gravest first."""
    folds = pooled.folds
    said = []
    if pooled.synthetic:
        said.append("Synthetic data: these numbers say nothing about patients.")
    said += few_cases(len(pooled.cases))
    said += _repeats(pooled)
    if pooled.histogram is None:
        said.append(
            "Curves over thresholds and their areas are left out: a fold was evaluated by an"
            " earlier version, which kept no scores. lungseg evaluate run=RUN adds them."
        )
    failed = {case: why for fold in folds for case, why in fold.run.failed_cases.items()}
    if failed:
        words = "; ".join(f"{case} ({why})" for case, why in failed.items())
        said.append(f"Left out of all folds, as they could not be prepared: {words}.")
    if unknown := refuse_other_settings([fold.run for fold in folds]):
        said.append(
            "The folds were made by different versions of lungseg. Settings that only some of them"
            f" recorded, and nobody typed: {_some(_by_class(unknown))}."
        )
    if any(not fold.patients for fold in folds):
        said.append(
            "An earlier version recorded no patients: whether a fold was trained on another scan of"
            " a patient that it tests could not be checked again. Splits keep patients together."
        )
    if silent := [fold for fold in folds if "warnings" not in fold.evaluation]:
        said.append(
            f"An earlier version did not record what the pages of a run warn of: see those of"
            f" {_names(silent)}."
        )
    return [*said, *_made_by(folds)]


def chosen(pooled: Pooled) -> list[str]:
    """What each fold chose on its validation cases, or a search there."""
    said = [
        f"{_names([fold])}: {searched(fold.run.search)}."
        for fold in pooled.folds
        if fold.run.search
    ]
    choices = [(fold, fold.evaluation.get("postprocess_choice")) for fold in pooled.folds]
    return said + [f"{_names([fold])}: {told(choice)}." for fold, choice in choices if choice]


def searched(search: Mapping[str, Any]) -> str:
    """The settings that a search chose, in words."""
    return (
        f"{', '.join(search['settings'])}, the best of {search['n_trials']} trials by"
        f" {search['objective']}"
    )


def _repeats(pooled: Pooled) -> list[str]:
    if len(pooled.repeats) < 2:
        return []
    labels = "; ".join(repeat.label for repeat in pooled.repeats)
    return [
        f"{len(pooled.repeats)} repeats ({labels}): the results of a case are averaged over them"
        " before intervals are computed by case. n of slices and pixels counts every repeat."
        " The folder repeats has each of them as a result of its own."
    ]


def _made_by(folds: Sequence[Fold]) -> list[str]:
    """What may set folds apart beside their cases."""
    made = {
        "commits of the code": {str(f.run.git_commit)[:8] for f in folds if f.run.git_commit},
        "precisions": {str(f.run.precision) for f in folds if f.run.precision},
        "kinds of checkpoint": {str(f.run.weights) for f in folds if f.run.weights},
        "numbers of epochs": {str(f.run.epochs) for f in folds if f.run.epochs},
    }
    return [
        f"The folds have different {what}: {', '.join(sorted(values))}."
        for what, values in made.items()
        if len(values) > 1
    ]


def _by_class(keys: Sequence[str]) -> list[str]:
    """Settings, of which a class stands for all that it takes."""
    nodes = [key.removesuffix("._target_") for key in keys if key.endswith("._target_")]
    return nodes + [key for key in keys if not key.startswith(tuple(f"{node}." for node in nodes))]


def _names(folds: Sequence[Fold]) -> str:
    labels = list(dict.fromkeys(fold.label for fold in folds))
    return f"{'Fold' if len(labels) == 1 else 'Folds'} {_some(labels)}"


def _some(words: Sequence[str], most: int = 8) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
