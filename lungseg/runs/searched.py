"""Nested selection: the best trial of a search within each fold, as that fold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lungseg.errors import DataError
from lungseg.overrides import split_override
from lungseg.runs.read import Run

FILE = "search.json"
VALIDATION = "val/"


def best_of_searches(runs: Sequence[Run]) -> list[Run]:
    """Of each search keep the best trial by validation; other runs stay as they are.

    Args:
        runs: From `lungseg.runs.find.find_runs`.

    Returns:
        The runs that are left, in order; those of a search with `Run.search`.

    Raises:
        DataError: If a search is damaged or has no result yet, chose by other numbers than those of
            validation cases, has several best trials, or its best trial is not among the runs.
    """
    best = {folder: _best(folder) for folder in {run.folder.parent for run in runs}
            if (folder / FILE).is_file()}  # fmt: skip
    found = {run.folder for run in runs}
    for folder, (trial, _) in best.items():
        if folder / trial not in found:
            names = ", ".join(run.name for run in runs if run.folder.parent == folder)
            raise DataError(
                f"runs: {names}: not the best trial by validation of its search, which is {trial};"
                " to take another is to choose by what is tested",
                folder,
            )
    kept = []
    for run in runs:
        if run.folder.parent not in best:
            kept.append(run)
            continue
        trial, search = best[run.folder.parent]
        if run.folder.name == trial:
            kept.append(replace(run, search=search))
    return kept


def may_be_searched(key: str, *runs: Run) -> bool:
    """Whether a search chose a setting for one of these runs, or what that setting repeats."""
    for run in runs:
        chosen = settings_of(run)
        repeats = run.derived.get(key, "").removeprefix("${").removesuffix("}")
        if any(f"{name}.".startswith(f"{each}.") for name in (key, repeats) for each in chosen):
            return True
    return False


def settings_of(run: Run) -> list[str]:
    """Names of the settings that a search chose; none for a run that stands for no search."""
    return [split_override(word)[0] for word in (run.search or {}).get("settings", ())]


def _best(folder: Path) -> tuple[str, dict[str, Any]]:
    """Folder of the best trial, and what is told of the search."""
    try:
        content = json.loads((folder / FILE).read_text())
        objectives, best = list(content["objectives"]), content["best"]
        n = sum(content[state] for state in ("completed", "pruned", "failed"))
        trials = [(str(trial["trial"]), list(trial["overrides"])) for trial in best]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"runs: {FILE} is damaged", folder) from None
    if other := [name for name in objectives if not name.startswith(VALIDATION)]:
        raise DataError(
            f"runs: the search chose by {other[0]}; settings of a fold are chosen by its own"
            f" validation cases, such as by {VALIDATION}dsc",
            folder,
        )
    if len(trials) != 1:
        many = f"{len(trials)} best trials" if trials else "no completed trial"
        raise DataError(f"runs: the search has {many}; a fold needs one", folder)
    ((trial, settings),) = trials
    return trial, {"objective": " and ".join(objectives), "n_trials": n, "settings": settings}
