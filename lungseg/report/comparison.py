"""Runs compared: which can be, grouped by settings, and which differences between them are real."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lungseg.errors import ConfigError, DataError
from lungseg.report.compared import METRICS, Comparison, Group, Metric, Setting
from lungseg.report.crossvalidated import join_folds
from lungseg.report.differences import differences, varied_settings
from lungseg.report.grouping import group_runs
from lungseg.report.pairs import compare_pairs
from lungseg.runs.read import COMPLETED, Run


def compare(
    runs: Sequence[Run],
    *,
    metric: str = "dsc",
    set_name: str = "test",
    reference: str | None = None,
) -> Comparison:
    """Compare runs that were evaluated alike.

    Args:
        runs: From `find_runs`.
        metric: One of `METRICS`.
        set_name: Whose cases are compared: test, val or train.
        reference: Name of a run or of a setting; all others of its group are compared with it.

    Raises:
        ConfigError: For an unknown metric, set or reference.
        DataError: If fewer than two runs completed.
    """
    if metric not in METRICS:
        raise ConfigError(f"metric={metric}: must be one of {', '.join(METRICS)}")
    if set_name == "test":  # in the other sets of a cross-validation, cases recur
        joined = join_folds(runs)
        # A single cross-validation has nothing to be compared with: its runs stay as they are.
        runs = joined if sum(run.state == COMPLETED for run in joined) > 1 else runs
    completed = [run for run in runs if run.state == COMPLETED]
    if len(completed) < 2:
        raise DataError(_too_few(runs, completed))
    without = [run.name for run in completed if set_name not in run.sets]
    if without:
        there = ", ".join(dict.fromkeys(name for run in completed for name in run.sets))
        raise ConfigError(f"set={set_name}: run {without[0]} has no such set; there are {there}")
    for run in completed:
        _refuse_unscored(run, METRICS[metric], set_name)
    keys = differences(completed)
    groups = group_runs(completed, keys, METRICS[metric], set_name)
    chosen = _reference(reference, groups) if reference is not None else None
    pairs = compare_pairs(groups, METRICS[metric], set_name, chosen)
    return Comparison(
        tuple(runs),
        tuple(keys),
        tuple(varied_settings(completed, keys)),
        tuple(groups),
        tuple(pairs),
        METRICS[metric],
        set_name,
    )


def _refuse_unscored(run: Run, metric: Metric, set_name: str) -> None:
    """Older versions left a missed lung out of all distances, which flattered the run."""
    cases = run.cases[run.cases["split"] == set_name]
    missed = any(
        ((cases[f"{side}tp"] == 0) & (cases[f"{side}fn"] > 0)).any()
        for side in ("", "right_", "left_")
        if {f"{side}tp", f"{side}fn"} <= set(cases)
    )
    if metric.key == "dsc" or "missed" in cases or not missed:
        return
    raise DataError(
        f"run {run.name} missed a lung and was evaluated by a version that gave no distances then;"
        " evaluate it again: lungseg evaluate run=",
        run.folder,
    )


def _too_few(runs: Sequence[Run], completed: Sequence[Run]) -> str:
    if len(runs) == len(completed):
        return f"runs: one run ({runs[0].name}) is nothing to compare; name two or more"
    others = [run for run in runs if run not in completed]
    first = f"{others[0].name} is {others[0].state}: {others[0].error}"
    return f"runs: {len(completed)} of {len(runs)} runs completed, two are needed; run {first}"


def _reference(text: str, groups: Sequence[Group]) -> Setting:
    settings = [setting for group in groups for setting in group.settings]
    for setting in settings:
        if text == setting.name or any(
            _is(text, run) for joined in setting.runs for run in (joined, *joined.parts)
        ):
            return setting
    names = [run.name for setting in settings for run in setting.runs]
    more = ", …" if len(names) > 12 else ""
    raise ConfigError(
        f"reference={text}: no completed run of that name; there are {', '.join(names[:12])}{more}"
    )


def _is(text: str, run: Run) -> bool:
    return text == run.name or os.path.realpath(text) == os.path.realpath(run.folder)
