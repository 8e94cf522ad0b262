"""What a trial came to, read from its run folder."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optuna.trial import TrialState

from lungseg.config import flatten
from lungseg.runs.provenance import PROVENANCE
from lungseg.runs.status import read_status, write_status
from lungseg.search.objective import NoValue, read_objectives
from lungseg.search.seen import FAILED

INTERRUPTED = "interrupted"
NO_REASON = "its process ended without giving a reason"


@dataclass(frozen=True)
class Outcome:
    """How a trial is closed in its study.

    Attributes:
        state: Complete, pruned or failed.
        values: Of the objectives; of a pruned trial the last that it reported, if any.
        error: Why it failed.
        attributes: Noted with the trial.
    """

    state: TrialState
    values: list[float] | None = None
    error: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def read_outcome(
    run_dir: Path,
    outputs: str,
    *,
    objectives: tuple[str, ...],
    reported: Mapping[int, float],
    launch_error: str | None,
    check_cohort: Callable[[str], None],
) -> Outcome:
    """Read what a trial came to.

    Args:
        run_dir: Its folder, which may be missing.
        outputs: Folder of all results.
        objectives: Names of the numbers that count.
        reported: Values that it reported, by epoch.
        launch_error: What the launcher could not do.
        check_cohort: Refuses cases that are not those of the study.

    Raises:
        ConfigError: If no run could have such a number, or the cases are others.
    """
    status = read_status(run_dir) or {"state": "failed", "error": launch_error}
    attributes: dict[str, Any] = {"run": os.path.relpath(run_dir, outputs)}
    provenance = run_dir / PROVENANCE
    if provenance.is_file():
        attributes |= _origin(json.loads(provenance.read_text()))
    if status["state"] == "pruned":
        last = reported[max(reported)] if reported else math.nan
        values = [last] if math.isfinite(last) else None
        return Outcome(TrialState.PRUNED, values, None, attributes)
    if status["state"] == "completed":
        check_cohort(attributes["cohort_sha256"])
        try:
            values = read_objectives(run_dir, objectives)
        except NoValue as no_value:
            return _failure(str(no_value), attributes, by_itself=True)
        return Outcome(TrialState.COMPLETE, values, None, attributes)
    error = status["error"] or launch_error or NO_REASON
    by_itself = error not in (launch_error, INTERRUPTED, NO_REASON)
    return _failure(error, attributes, by_itself=by_itself)


def _failure(error: str, attributes: dict[str, Any], *, by_itself: bool) -> Outcome:
    mark = {FAILED: True} if by_itself else {}
    return Outcome(TrialState.FAIL, None, error, attributes | mark | {"error": error})


def _origin(provenance: dict[str, Any]) -> dict[str, Any]:
    return {
        "config": flatten(provenance["config"]),
        "git_commit": (provenance["git"] or {}).get("commit"),
        "cohort_sha256": provenance["cohort_sha256"],
    }


def note_end(run_dir: Path, reason: str) -> None:
    """Write into a trial's folder why its job ended, if the job could not do so itself."""
    noted = read_status(run_dir)
    if run_dir.is_dir() and (noted is None or noted["state"] == "running"):
        write_status(run_dir, "failed", reason)
