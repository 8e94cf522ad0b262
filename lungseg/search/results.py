"""The results of a search: on the screen, and in search.json."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from lungseg.files import short, write_json
from lungseg.search.settings import Settings
from lungseg.search.space import override


def best_trials(trials: list[FrozenTrial], directions: tuple[str, ...]) -> list[FrozenTrial]:
    """The best trial; with several objectives, all trials that no other one dominates."""
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    signs = [1 if way == "maximize" else -1 for way in directions]
    worth = {
        trial.number: [s * v for s, v in zip(signs, trial.values, strict=True)] for trial in done
    }
    if len(directions) == 1:
        return sorted(done, key=lambda trial: (-worth[trial.number][0], trial.number))[:1]

    def dominated(mine: list[float]) -> bool:
        return any(
            other != mine and all(a >= b for a, b in zip(other, mine, strict=True))
            for other in worth.values()
        )

    return [trial for trial in done if not dominated(worth[trial.number])]


def write_results(folder: Path, trials: list[FrozenTrial], settings: Settings) -> dict[str, Any]:
    """Write ``search.json``: the best trials, and how many completed, were pruned or failed.

    Args:
        folder: Of the search.
        trials: All trials.
        settings: Of the search.
    """
    counted = [trial for trial in trials if not trial.user_attrs.get("surplus")]
    content = {
        "study_name": settings.study_name,
        "objectives": dict(zip(settings.objectives, settings.directions, strict=True)),
        "sampler": settings.sampler,
        "best": [
            {
                "trial": trial.number,
                "values": list(trial.values),
                "overrides": _overrides(trial),
                "run": short(folder / str(trial.number)),
            }
            for trial in best_trials(trials, settings.directions)
        ],
        "completed": sum(trial.state == TrialState.COMPLETE for trial in counted),
        "pruned": sum(trial.state == TrialState.PRUNED for trial in counted),
        "failed": sum(trial.state == TrialState.FAIL for trial in counted),
    }
    write_json(folder / "search.json", content)
    return content


def summary_lines(content: dict[str, Any], folder: Path, shown_storage: str) -> list[str]:
    """Lines for the screen at the end of a search."""
    names = list(content["objectives"])
    head = f"search {content['study_name']}: " + ", ".join(
        f"{content[state]} {state}" for state in ("completed", "pruned", "failed")
    )
    several = len(names) > 1
    lines = [head]
    if several:
        lines.append(f"best trials, none of which is dominated in {' and '.join(names)}:")
    for trial in content["best"]:
        values = "  ".join(
            f"{name} {value:.4f}" for name, value in zip(names, trial["values"], strict=True)
        )
        what = "" if several else "best: "
        point = " ".join(_rounded(text) for text in trial["overrides"])
        lines.append(f"{what}trial {trial['trial']}: {values}  {point}  [{trial['run']}]")
    lines.append(f"folder: {short(folder)} (search.json); the same command resumes it")
    if content["completed"] > 1:
        lines.append(f"which differences are real: lungseg compare runs={short(folder)}")
    lines.append(f"to look at the study: optuna-dashboard {shlex.quote(shown_storage)}")
    return lines


def _rounded(text: str) -> str:
    """An override with as many digits as a person reads; search.json has all of them."""
    key, _, value = text.partition("=")
    return f"{key}={float(value):.4g}" if re.fullmatch(r"-?\d+\.\d+(e[+-]\d+)?", value) else text


def _overrides(trial: FrozenTrial) -> list[str]:
    return [override(key, value) for key, value in trial.params.items()]
