"""Folds of one setting, joined to a run in which each case was scored by a model new to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from lungseg.config import canonical
from lungseg.errors import LungsegError
from lungseg.metrics.crossvalidation import Folds
from lungseg.metrics.interval import ratio_intervals
from lungseg.report.compared import METRICS, Setting
from lungseg.runs.fold_settings import REPEATED, is_fold_key, setting_of
from lungseg.runs.folds import Repeat, repeats_of
from lungseg.runs.read import COMPLETED, Run


def join_folds(runs: Sequence[Run]) -> list[Run]:
    """Replace the folds of each cross-validation by one run; leave all other runs as they are.

    Runs are folds of one cross-validation if ``lungseg pool`` would pool them and their seeds are
    equal. Folds that it has already pooled are left out.

    Args:
        runs: Of any state.
    """
    alike: dict[str, list[Run]] = {}
    for run in runs:
        if run.state == COMPLETED:
            alike.setdefault(setting_of(run), []).append(run)
    joined: dict[int, Run | None] = {}
    pools = [run for run in runs if run.folds]
    for members in alike.values():
        folds = [run for run in members if not run.folds]
        pooled = [run for run in folds if any(_has(pool, run) for pool in pools)]
        joined |= {id(run): None for run in pooled}
        if not pooled and (repeat := _cross_validation(folds)):
            joined |= dict.fromkeys(map(id, folds)) | {id(folds[0]): _join(folds, repeat)}
    joined |= {id(pool): _without_fold(pool) for pool in pools}
    replaced = [joined.get(id(run), run) for run in runs]
    return [run for run in replaced if run is not None]


def folds_of(a: Setting, b: Setting) -> Folds | None:
    """How the models of two settings were made, for the cases of both; None without folds."""
    runs = [run for setting in (a, b) for run in setting.runs if run.folds]
    if not runs:
        return None
    cases = runs[0].sets["test"]
    # Repeats that divide the cases alike share a row, whatever their folds are called.
    divisions = {_division(row): row for run in runs for row in _rows(run, cases)}
    shared = float(np.mean([_shared(run) for run in runs]))
    return Folds(np.array(list(divisions.values())), shared)


def is_folded(*settings: Setting) -> bool:
    """Whether cases of any of these settings were scored by the models of several folds."""
    return any(run.folds for setting in settings for run in setting.runs)


def partition(run: Run) -> str:
    """Text that is equal for the same division into folds, whatever they are called."""
    return canonical([_division(row) for row in _rows(run, sorted(run.folds))])


def _rows(run: Run, cases: Sequence[str]) -> list[tuple[str, ...]]:
    """The fold of each case, one row per repeat that a pooled result averages."""
    return list(zip(*(run.folds[case] for case in cases), strict=True))


def _division(row: Sequence[str]) -> tuple[int, ...]:
    first: dict[str, int] = {}
    return tuple(first.setdefault(fold, len(first)) for fold in row)


def _shared(run: Run) -> float:
    """Mean over cases of 1 / the number of cases that the model was trained on."""
    if run.parts and all("train" in part.sets for part in run.parts):
        sizes = {part.name: len(part.sets["train"]) for part in run.parts}
        return float(np.mean([1 / sizes[fold] for (fold,) in run.folds.values()]))
    n, val = len(run.folds), run.config.get("split.val") or 0
    n_val = round(val * n) if val < 1 else val
    rows = _rows(run, list(run.folds))
    tested = [Counter(row)[fold] for row in rows for fold in row]
    return float(np.mean([1 / max(n - size - n_val, 1) for size in tested]))


def _has(pool: Run, fold: Run) -> bool:
    """Whether a pooled result is of this fold, among others; it lists the seeds of its repeats."""

    def among(key: str) -> bool:
        values = pool.config.get(key)
        return fold.config.get(key) in (values if isinstance(values, list) else [values])

    if not {*fold.sets.get("test", ())} <= {*pool.folds} or not all(map(among, REPEATED)):
        return False
    return setting_of(pool, repeats=True) == setting_of(fold, repeats=True)


def _cross_validation(folds: Sequence[Run]) -> Repeat | None:
    tested = [{*run.sets.get("test", ())} for run in folds]
    if len(folds) < 2 or any(a & b for a, b in combinations(tested, 2)):
        return None
    try:
        (repeat,) = repeats_of(folds, allow_test_selection=True)
    except LungsegError:  # no cross-validation; the runs are compared as they are
        return None
    return repeat


def _without_fold(run: Run) -> Run:
    config = {key: value for key, value in run.config.items()
              if key != "split.seed" and not is_fold_key(key, run.config)}  # fmt: skip
    return replace(run, config=config, sets={"test": run.sets["test"]})


def _join(folds: Sequence[Run], repeat: Repeat) -> Run:
    """One run of all test cases. Numbers of slices and pixels are left to `lungseg pool`."""
    cases = pd.concat([run.cases[run.cases["split"] == "test"] for run in folds])
    fold: dict[str, tuple[str, ...]] = {
        case: (run.name,) for run in folds for case in run.sets["test"]
    }
    n = len(folds)
    names = [run.name for run in folds] if n < 4 else [folds[0].name, "…", folds[-1].name]
    return _without_fold(
        replace(
            folds[0],
            name=f"{', '.join(names)} ({n} folds)",
            folder=folds[0].folder.parent,
            sets={"test": tuple(sorted(fold))},
            folds=fold,
            parts=tuple(folds),
            missing=tuple(repeat.missing),
            failed_cases={case: why for run in folds for case, why in run.failed_cases.items()},
            cases=cases.reset_index(drop=True),
            summary={"test": _means(cases, fold)},
            weights=_common([run.weights for run in folds]),
            epochs=_common([run.epochs for run in folds]),
            history=None,
            wandb_run_id=None,
        )
    )


def _means(cases: pd.DataFrame, fold: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Means over cases of the numbers that settings are compared by."""
    folds = [fold[case][0] for case in cases["case"]]
    farthest = float(cases["farthest_mm"].max()) if "farthest_mm" in cases else np.inf
    means: dict[str, Any] = {}
    for metric in METRICS.values():
        values = cases[[metric.key]].to_numpy(np.float64)
        defined = ~np.isnan(values)
        high = 1.0 if metric.higher_is_better else farthest
        (ends,) = ratio_intervals(np.nan_to_num(values), defined, high=high, folds=folds)
        n = int(defined.sum())
        means[metric.headline] = {"value": float(np.nanmean(values)) if n else None, "n": n}
        if np.isfinite(ends).all():
            means[metric.headline]["ci95"] = ends.tolist()
    return means


def _common(values: Sequence[Any]) -> Any:
    return values[0] if len(set(values)) == 1 else None
