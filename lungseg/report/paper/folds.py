"""What a pooled cross-validation says of its folds, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from lungseg.report.paper.prose import Piece
from lungseg.report.paper.source import NOT_RECORDED, SPLIT, Source, plain
from lungseg.report.paper.words import TARGET, of_class, several
from lungseg.report.pooled_folds import EACH
from lungseg.runs.chosen import is_auto
from lungseg.runs.provenance import PROVENANCE

AT = ("pool", EACH)
OF_FOLD = ("fold", "site")
"""Settings of a split that a cross-validation as a whole does not have."""
OF_VALIDATION = {
    "lungseg.splits.LeaveOneOut": ("balance", "table", "seed"),
    "lungseg.splits.LeaveOneSiteOut": ("balance", "seed"),
}
"""Settings of splits that choose nothing but validation sets."""


def each(source: Source) -> list[dict[str, Any]]:
    """The record of each fold; empty for a single run, or a pool of an older version."""
    return (source.pool or {}).get(EACH) or []


def environment(source: Source) -> tuple[str, ...]:
    """Where ``provenance.json`` has packages and hardware of the training: of a pool, below it."""
    return ("pool",) if source.value(PROVENANCE, "pool", "packages") else ()


def labels(source: Source) -> Counter[str]:
    """How many cases each fold of a pool tested, in the first of its repeats."""
    of_case: dict[str, Any] = (source.pool or {}).get("folds", {})
    first = (label[0] if isinstance(label, list) else label for label in of_case.values())
    return Counter(str(label) for label in first if label is not None)


def name_of(source: Source, k: int) -> str:
    """Entry `k` of the record of folds in words, with its repeat where there are several."""
    label, repeat = (source.text(PROVENANCE, *AT, str(k), key) for key in ("fold", "repeat"))
    return f"{repeat}, fold {label}" if repeat else f"fold {label}"


def spread(source: Source, key: str, form: Callable[[Any], str] = plain) -> str:
    """The lowest and the highest value of the folds, or the one that all have.

    Args:
        source: A pool.
        key: In the record of a fold.
        form: From a value to text.
    """
    values = [fold[key] for fold in each(source)]
    if not values or None in values:
        return NOT_RECORDED
    ends = [source.text(PROVENANCE, *AT, str(values.index(end)), key, form=form)
            for end in (min(values), max(values))]  # fmt: skip
    return " to ".join(dict.fromkeys(ends))


def epochs(source: Source) -> str:
    """After how many epochs the weights were taken."""
    if source.pool is None:
        return source.text(PROVENANCE, "evaluation", "epochs")
    return spread(source, "epochs")


def sizes(source: Source) -> str:
    """A sentence on how many cases each model was trained on and chosen by."""
    if not each(source):
        return ""
    n_train, n_val = spread(source, "n_train"), spread(source, "n_val")
    apart = "none were kept apart for validation"
    if n_val != "0":
        are = "was" if n_val == "1" else "were"
        apart = f"{n_val} further {'case' if n_val == '1' else 'cases'} {are} its validation set"
    one = n_train == "1"
    cases = f"{n_train} of the cases that it was not tested on"
    if _all_others(source):
        cases = f"the other {'case' if one else f'{n_train} cases'}"
    return f" Each model was trained on {cases}; {apart}."


def _all_others(source: Source) -> bool:
    """Whether each model was trained on all cases but those that it was tested on."""
    n_cases = len(source.sets["test"]) + len(source.value(SPLIT, "left_out") or ())
    return all(fold["n_train"] + fold["n_test"] == n_cases for fold in each(source))


def tested(source: Source) -> str:
    """A sentence on which model tested each case."""
    folds = labels(source)
    n = source.note(plain(len(folds)), len(folds), PROVENANCE, "distinct(pool.folds)")
    repeats = source.pool.get("repeats") or () if source.pool else ()
    often = "once"
    if len(repeats) > 1:
        often = f"once in each of {source.count(PROVENANCE, 'pool', 'repeats')} repeats"
    n_cases = source.count(SPLIT, "sets", "test")
    which = "The only case" if n_cases == "1" else f"Each of the {n_cases} cases"
    return (
        f"{which} was tested {often}, in a cross-validation of {n} {several(len(folds), 'fold')},"
        " by the model of its fold, which was not trained on it."
    )


def division(source: Source) -> list[Piece]:
    """How cases were assigned to sets or folds, with the settings that mattered."""
    return of_class(source, "split", leave_out=("val", *unused(source)))


def unused(source: Source) -> list[str]:
    """Settings of the split that a cross-validation as a whole lacks, or that chose nothing."""
    names = list(OF_FOLD) if source.pool is not None else []
    if not validated(source):
        names += OF_VALIDATION.get(str(source.config("split", TARGET)), ())
    return names


def validated(source: Source) -> bool:
    """Whether any model had a validation set."""
    if source.pool is None:
        return bool(source.sets.get("val"))
    folds = each(source)
    return any(fold["n_val"] for fold in folds) if folds else bool(source.config("split", "val"))


def seconds_of_folds(source: Source) -> float | None:
    """Wall time of the trainings of all folds; None where one did not record it."""
    found = [fold["seconds"] for fold in each(source)]
    return None if not found or None in found else sum(found)


def choices(source: Source) -> list[Piece]:
    """What each fold chose on its validation cases; empty if none chose."""
    return [*_searches(source), *_postprocessing(source)]


def _searches(source: Source) -> list[Piece]:
    told = []
    for k, fold in enumerate(each(source)):
        if search := fold.get("search"):
            at = (*AT, str(k), "search")
            settings = ", ".join(source.text(PROVENANCE, *at, "settings", str(i))
                                 for i in range(len(search["settings"])))  # fmt: skip
            n, by = (source.text(PROVENANCE, *at, key) for key in ("n_trials", "objective"))
            told.append(f"{name_of(source, k)}: {settings} (the best of {n} trials by {by})")
    if not told:
        return []
    return ["Settings were chosen in each fold by a search on its validation cases:"
            f" {'; '.join(told)}."]  # fmt: skip


def _postprocessing(source: Source) -> list[Piece]:
    told = []
    for k, fold in enumerate(each(source)):
        choice = fold["postprocess_choice"]
        if choice is None:
            continue
        at = (*AT, str(k), "postprocess_choice")
        scores = ", ".join(
            f"{way} {source.text(PROVENANCE, *at, 'dsc', way, form='{:.4f}'.format)}"
            for way in choice["dsc"]
        )
        n = source.text(PROVENANCE, *at, "n_cases")
        told.append(
            f"{name_of(source, k)}: {choice['name']}"
            f" ({scores}; {n} {several(choice['n_cases'], 'case')})"
        )
    if told:
        return ["Post-processing was chosen in each fold by the mean DSC of its validation cases: "
                f"{'; '.join(told)}."]  # fmt: skip
    if is_auto(source.config("postprocess")):
        return [f"Each fold chose its post-processing by its validation cases; which is"
                f" {NOT_RECORDED} here."]  # fmt: skip
    return []
