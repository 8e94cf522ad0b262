"""Runs grouped: repeats of one setting together, and settings that were evaluated alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lungseg.config import canonical
from lungseg.report.compared import Group, Metric, Setting
from lungseg.report.differences import differences, key_of, labels
from lungseg.runs.read import Run


def group_runs(
    runs: Sequence[Run], keys: Sequence[str], metric: Metric, set_name: str
) -> list[Group]:
    """Group runs by what they were evaluated on, and within that by their settings.

    Args:
        runs: Completed runs.
        keys: In which they differ.
        metric: By which settings are put in order.
        set_name: Whose cases order them where a run has no validation set.
    """
    grouped: dict[str, dict[tuple[str, ...], list[Run]]] = {}
    for run in runs:
        evaluated_on = _evaluated_on(_like(run, runs, set_name))
        grouped.setdefault(evaluated_on, {}).setdefault(key_of(run, keys), []).append(run)
    return [
        _group(_letters(number), list(repeats.values()), keys, metric, set_name)
        for number, repeats in enumerate(grouped.values())
    ]


def _group(
    name: str, repeats: list[list[Run]], keys: Sequence[str], metric: Metric, set_name: str
) -> Group:
    members = [run for runs in repeats for run in runs]
    chosen_by = "val" if all("val" in run.sets for run in members) else set_name
    inside = differences(members) or keys
    names = labels([runs[0] for runs in repeats], members, inside)
    count = Counter(names)
    settings = [
        # Values that a search drew may be alike in all the digits that a name shows.
        Setting(
            text if count[text] == 1 else f"{text} (run {runs[0].name})",
            name,
            tuple(runs),
            score(runs, chosen_by, metric.headline),
        )
        for text, runs in zip(names, repeats, strict=True)
    ]
    ranked = [setting for setting in settings if setting.score is not None]
    sign = -1 if metric.higher_is_better else 1
    order = sorted(ranked, key=lambda setting: sign * (setting.score or 0.0))
    best = order[0] if order and len(settings) > 1 else None
    return Group(name, tuple(settings), chosen_by, best)


def score(runs: Sequence[Run], set_name: str, key: str) -> float | None:
    """Mean of a headline number over repeats; None where one of them lacks it."""
    values = [run.summary.get(set_name, {}).get(key, {}).get("value") for run in runs]
    return None if None in values else float(np.mean(values))


def _evaluated_on(run: Run) -> str:
    return canonical([run.cohort_sha256, run.sets, run.threshold, run.empty_dsc])


def _like(run: Run, runs: Sequence[Run], set_name: str) -> Run:
    """The first run that masks made elsewhere are compared with; a trained run is itself.

    They have no training set. Without probabilities a threshold does not matter to them, and to
    other masks it is one of the ways in which they were made.
    """
    if run.trained:
        return run
    cases = run.cohort_sha256, run.sets.get(set_name)
    alike = [one for one in runs if (one.cohort_sha256, one.sets.get(set_name)) == cases]
    ours = [
        one
        for one in alike
        if one.trained
        and run.threshold in (None, one.threshold)
        and canonical(one.empty_dsc) == canonical(run.empty_dsc)
    ]
    return (ours or [one for one in alike if not one.trained])[0]


def _letters(number: int) -> str:
    """A to Z, then AA."""
    head, last = divmod(number, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)
