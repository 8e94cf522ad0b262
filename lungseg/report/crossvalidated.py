"""Folds of one setting, joined to a run in which each case was scored by a model new to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from lungseg.metrics.crossvalidation import Folds
from lungseg.metrics.interval import ratio_intervals
from lungseg.report.compared import METRICS, Setting
from lungseg.report.differences import canonical
from lungseg.runs.read import COMPLETED, Run
from lungseg.runs.settings import concerns_result

FOLD_KEYS = ("split.fold", "split.site", "split.test")
"""Settings that choose the fold. Lists of other cases (``split.val``, ``split.train``) follow."""
REPEAT_KEY = "split.seed"
"""Another division into folds is a repeat of the same cross-validation, as another seed is."""


def join_folds(runs: Sequence[Run]) -> list[Run]:
    """Replace the folds of each cross-validation by one run; leave all other runs as they are.

    Runs are folds of one cross-validation if they differ in nothing but the fold, seed included,
    and no case is tested twice. Folds that ``lungseg pool`` has already joined are left out.

    Args:
        runs: Of any state.
    """
    alike: dict[str, list[Run]] = {}
    for run in runs:
        if run.state == COMPLETED:
            alike.setdefault(_all_but_fold(run), []).append(run)
    joined: dict[int, Run | None] = {}
    for members in alike.values():
        pools = [run for run in members if run.folds]
        folds = [run for run in members if not run.folds]
        if pools:
            known = {case for pool in pools for case in pool.folds}
            joined |= {id(run): None for run in folds if known >= {*run.sets.get("test", ())}}
            joined |= {id(pool): _without_fold(pool) for pool in pools}
        elif _is_cross_validation(folds):
            joined |= dict.fromkeys(map(id, folds)) | {id(folds[0]): _join(folds)}
    replaced = [joined.get(id(run), run) for run in runs]
    return [run for run in replaced if run is not None]


def folds_of(a: Setting, b: Setting) -> Folds | None:
    """How the models of two settings were made, for the cases of both; None without folds."""
    runs = [run for setting in (a, b) for run in setting.runs if run.folds]
    if not runs:
        return None
    cases = runs[0].sets["test"]
    partitions: dict[str, list[str]] = {}
    for run in runs:
        partitions[partition(run)] = [run.folds.get(case, case) for case in cases]
    shared = float(np.mean([_shared(run) for run in runs]))
    return Folds(np.array(list(partitions.values())), shared)


def is_folded(*settings: Setting) -> bool:
    """Whether cases of any of these settings were scored by the models of several folds."""
    return any(run.folds for setting in settings for run in setting.runs)


def partition(run: Run) -> str:
    """Text that is equal for the same division into folds, whatever they are called."""
    first: dict[str, int] = {}
    return canonical([first.setdefault(run.folds[case], len(first)) for case in sorted(run.folds)])


def _shared(run: Run) -> float:
    """Mean over cases of 1 / the number of cases that the model was trained on."""
    sizes = {part.name: len(part.sets.get("train", ())) for part in run.parts}
    if not all(sizes.values()) or not sizes:
        n, val = len(run.folds), run.config.get("split.val") or 0
        n_val = round(val * n) if val < 1 else val
        tested = Counter(run.folds.values())
        sizes = {fold: n - tested[fold] - n_val for fold in tested}
    return float(np.mean([1 / max(sizes[fold], 1) for fold in run.folds.values()]))


def _all_but_fold(run: Run) -> str:
    settings = {key: value for key, value in run.config.items() if concerns_result(key)}
    return canonical([run.cohort_sha256, run.threshold, _less_fold(settings)])


def _less_fold(config: dict[str, Any]) -> dict[str, Any]:
    lists = [key for key in ("split.val", "split.train") if isinstance(config.get(key), list)]
    return {key: value for key, value in config.items() if key not in (*FOLD_KEYS, *lists)}


def _is_cross_validation(folds: Sequence[Run]) -> bool:
    tested = [{*run.sets.get("test", ())} for run in folds]
    return len(folds) > 1 and all(tested) and not any(a & b for a, b in combinations(tested, 2))


def _without_fold(run: Run) -> Run:
    config = {key: value for key, value in _less_fold(run.config).items() if key != REPEAT_KEY}
    return replace(run, config=config, sets={"test": run.sets["test"]})


def _join(folds: Sequence[Run]) -> Run:
    """One run of all test cases. Numbers of slices and pixels are left to `lungseg pool`."""
    cases = pd.concat([run.cases[run.cases["split"] == "test"] for run in folds])
    fold = {case: run.name for run in folds for case in run.sets["test"]}
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
            failed_cases={case: why for run in folds for case, why in run.failed_cases.items()},
            cases=cases.reset_index(drop=True),
            summary={"test": _means(cases, fold)},
            weights=_common([run.weights for run in folds]),
            epochs=_common([run.epochs for run in folds]),
            history=None,
            wandb_run_id=None,
        )
    )


def _means(cases: pd.DataFrame, fold: dict[str, str]) -> dict[str, Any]:
    """Means over cases of the numbers that settings are compared by."""
    folds = [fold[case] for case in cases["case"]]
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
