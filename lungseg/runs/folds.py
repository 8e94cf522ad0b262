"""Runs as the folds of one cross-validation, each tested on cases that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lungseg.errors import ConfigError, DataError, listed
from lungseg.runs.fold_settings import (
    FOLD_KEYS,
    REPEATED,
    refuse_other_settings,
    split_class,
)
from lungseg.runs.provenance import read_provenance
from lungseg.runs.read import COMPLETED, Run
from lungseg.splits.file import read_split

LABELS = {"KFold": "split.fold", "LeaveOneOut": "split.fold", "LeaveOneSiteOut": "split.site"}
"""Settings that label a fold, by class of the split."""


@dataclass(frozen=True, eq=False)
class Fold:
    """A run that is one fold.

    Attributes:
        label: Number or site of the fold.
        run: The run.
        provenance: As in its ``provenance.json``.
        sets: Names of the cases that it was trained on, chosen by and tested on, by set.
        patients: A label by case, equal for cases of one patient; empty if not recorded.
    """

    label: str
    run: Run
    provenance: dict[str, Any]
    sets: dict[str, tuple[str, ...]]
    patients: dict[str, str] = field(default_factory=dict)

    @property
    def evaluation(self) -> dict[str, Any]:
        """What made its evaluation: threshold, post-processing and so on."""
        evaluation: dict[str, Any] = self.provenance.get("evaluation", {})
        return evaluation

    @property
    def test(self) -> tuple[str, ...]:
        """Names of the cases that it was tested on."""
        return self.sets["test"]


@dataclass(frozen=True, eq=False)
class Repeat:
    """One cross-validation.

    Attributes:
        label: What distinguishes it from other repeats: ``seed=1``; empty if there are none.
        folds: In order.
    """

    label: str
    folds: tuple[Fold, ...]

    @property
    def cases(self) -> list[str]:
        """Names of the tested cases, sorted."""
        return sorted(case for fold in self.folds for case in fold.test)

    @property
    def missing(self) -> list[str]:
        """Sentences on folds that are missing, and cases that no fold tests."""
        seen = {case for fold in self.folds for cases in fold.sets.values() for case in cases}
        rest = listed(sorted(seen - {*self.cases}))
        where = f" of {self.label}" if self.label else ""
        config = self.folds[0].run.config
        k = config.get("split.k") if split_class(config) == "KFold" else None
        if k is not None and (gone := {*map(str, range(k))} - {fold.label for fold in self.folds}):
            numbers = ", ".join(sorted(gone, key=int))
            folds = f"Fold {numbers} of {k} is" if len(gone) == 1 else f"Folds {numbers} of {k} are"
            return [f"{folds} missing{where}: {rest or 'some cases'} are in no number here."]
        return [f"Trained on, and tested by no fold{where}: {rest}."] if rest else []


def repeats_of(runs: Sequence[Run], *, allow_test_selection: bool = False) -> list[Repeat]:
    """Sort runs into cross-validations, of which each has other seeds.

    Args:
        runs: From `lungseg.runs.find.find_runs`.
        allow_test_selection: Whether runs may have chosen by their test set.

    Returns:
        One or more, in the order of their first runs.

    Raises:
        ConfigError: If the runs differ in more than the fold and the seeds, or may have chosen by
            their test set.
        DataError: If a run is not completed, or a model was tested on a case or patient that it
            was trained on or chosen by, or two folds test one case.
    """
    folds = _folds(_completed(runs))
    for fold in folds:
        if (name := split_class(fold.run.config)) not in FOLD_KEYS:
            raise ConfigError(
                f"runs: {fold.run.name} was split by {name}, which has no folds; folds are made by"
                " split=kfold, leave_one_out or loso, or name their test cases (split=explicit)"
            )
    if len(folds) < 2:
        raise DataError(f"runs: {folds[0].run.name} is one run; a cross-validation has several")
    refuse_other_settings([fold.run for fold in folds])
    _refuse_other_evaluation(folds)
    if not allow_test_selection:
        for fold in folds:
            if fold.run.config.get("allow_test_selection"):
                raise ConfigError(
                    f"runs: {fold.run.name} was trained with allow_test_selection=true, so its test"
                    " numbers are no evidence; allow_test_selection=true pools it all the same"
                )
    for fold in folds:
        _refuse_seen(fold)
    grouped: dict[tuple[str, ...], list[Fold]] = {}
    for fold in folds:
        grouped.setdefault(tuple(_repeat_of(fold.run).values()), []).append(fold)
    repeats = [
        Repeat(_label(members[0].run, folds), tuple(sorted(members, key=_place)))
        for members in grouped.values()
    ]
    for repeat in repeats:
        _refuse_overlap(repeat)
    return repeats


def superseded(run: Run, runs: Sequence[Run]) -> bool:
    """Whether a completed run was started by the same overrides as one that did not complete."""
    typed = sorted(run.overrides)
    return run.state != COMPLETED and any(
        other.state == COMPLETED and sorted(other.overrides) == typed for other in runs
    )


def _completed(runs: Sequence[Run]) -> list[Run]:
    for run in runs:
        if run.state != COMPLETED and not superseded(run, runs):
            raise DataError(
                f"runs: {run.name}: {run.state} ({run.error or 'no reason noted'}); complete it, or"
                " name the runs to pool: runs=[DIR,DIR]",
                run.folder,
            )
        if run.config.get("split.fold") == "all":
            raise DataError(f"runs: {run.name} is a pooled result already", run.folder)
        if run.state == COMPLETED and not run.sets.get("test"):
            raise DataError(f"runs: {run.name} has no test set", run.folder)
    return [run for run in runs if run.state == COMPLETED]


def _folds(runs: Sequence[Run]) -> list[Fold]:
    """Labelled by number or site; where the split has neither, by the order of the test sets."""
    order = {
        cases: str(k) for k, cases in enumerate(dict.fromkeys(run.sets["test"] for run in runs))
    }
    folds = []
    for run in runs:
        provenance, split = read_provenance(run.folder), read_split(run.folder)
        trained_on = provenance.get("trained_on_cohort_sha256", run.cohort_sha256)
        if trained_on != run.cohort_sha256:
            raise DataError(
                f"runs: {run.name} was evaluated on other cases than its own; a fold is tested on"
                " cases of the cohort that it was trained on",
                run.folder,
            )
        own = split.get("sets", {})
        sets = {
            name: tuple(dict.fromkeys([*run.sets.get(name, ()), *own.get(name, ())]))
            for name in dict.fromkeys([*run.sets, *own])
        }
        key = LABELS.get(split_class(run.config))
        label = order[run.sets["test"]] if key is None else str(run.config.get(key))
        folds.append(Fold(label, run, provenance, sets, split.get("patients", {})))
    return folds


def _repeat_of(run: Run) -> dict[str, str]:
    """Values of the seeds by which a cross-validation is repeated."""
    return {key: str(run.config.get(key)) for key in REPEATED}


def _label(run: Run, folds: Sequence[Fold]) -> str:
    values = [_repeat_of(fold.run) for fold in folds]
    mine = _repeat_of(run)
    varied = [key for key in mine if len({each.get(key) for each in values}) > 1]
    return ", ".join(f"{key}={mine[key]}" for key in varied)


def _place(fold: Fold) -> tuple[bool, int, str]:
    number = int(fold.label) if fold.label.isdigit() else 0
    return not fold.label.isdigit(), number, fold.label


def _refuse_other_evaluation(folds: Sequence[Fold]) -> None:
    """Stop where folds were evaluated on other cases, or by other conventions."""
    first = folds[0]
    for other in folds[1:]:
        names = f"{first.run.name} and {other.run.name}"
        if first.run.cohort_sha256 != other.run.cohort_sha256:
            raise DataError(f"runs: {names} are of different cohorts (cohort hash differs)")
        if first.run.threshold != other.run.threshold:
            raise ConfigError(
                f"runs: {names} were evaluated with metrics.threshold={first.run.threshold} and"
                f" {other.run.threshold}"
            )
        for key, what in {"empty_dsc": "metrics.empty_dsc", "postprocess": "postprocess"}.items():
            here, there = (fold.evaluation.get(key) or "none" for fold in (first, other))
            chosen = all("postprocess_choice" in fold.evaluation for fold in (first, other))
            if here != there and not (key == "postprocess" and chosen):
                raise ConfigError(f"runs: {names} were evaluated with {what}={here} and {there}")


def _refuse_seen(fold: Fold) -> None:
    """Stop where a model was tested on a case, or another case of a patient, that it has seen."""
    seen: dict[str, tuple[str, str]] = {}
    for name in ("train", "val"):
        for case in fold.sets.get(name, ()):
            seen[fold.patients.get(case, case)] = case, name
    for case in fold.test:
        patient = fold.patients.get(case, case)
        if patient in seen:
            other, name = seen[patient]
            what = f"{case}, which" if other == case else f"{case}, of whose patient {other}"
            raise DataError(
                f"runs: {fold.run.name} is tested on {what} is in its {name} set", fold.run.folder
            )


def _refuse_overlap(repeat: Repeat) -> None:
    tested: dict[str, Fold] = {}
    for fold in repeat.folds:
        for case in fold.test:
            other = tested.setdefault(case, fold)
            if other is not fold:
                raise DataError(
                    f"runs: {other.run.name} and {fold.run.name} are both tested on {case}; folds"
                    " of one cross-validation test each case once"
                )
