"""What the script of ``compare.html`` draws from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from lungseg.report.compare_looks import colour_scale
from lungseg.report.compare_tables import BRIEF, HEADLINES, sets_shown
from lungseg.report.compared import METRICS, Comparison, Setting, case_numbers
from lungseg.report.differences import short_key
from lungseg.report.numbers import SECTIONS, decimals
from lungseg.runs.read import Run

EPOCHS = 200
"""About as many points of a learning curve as can be seen in the page."""
CURVES = {
    "dsc": "mean DSC, non-empty slices",
    "accuracy": "mean accuracy, all slices",
    "loss": "loss",
}


def chart_data(
    comparison: Comparison, completed: Sequence[Run], looks: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Settings, runs and pairs as the page's script takes them.

    Args:
        comparison: To show.
        completed: Its runs with numbers, in the order of the table.
        looks: Colour and dash of each setting.
    """
    places = {id(run): place for place, run in enumerate(completed)}
    settings = comparison.settings
    keys = [varied.name for varied in comparison.varied]
    headlines = list(dict.fromkeys((comparison.metric.headline, *HEADLINES)))
    names = {key: name for section in SECTIONS.values() for key, name in section.items()}
    return {
        "metric": comparison.metric.key,
        "headline": comparison.metric.headline,
        "higher": comparison.metric.higher_is_better,
        "metrics": {metric.key: metric.name for metric in METRICS.values()},
        "headlines": {metric.key: metric.headline for metric in METRICS.values()},
        "better": {metric.key: metric.higher_is_better for metric in METRICS.values()},
        "set": comparison.set,
        "sets": sets_shown(comparison),
        "keys": keys,
        "short": {key: short_key(key, keys) for key in keys},
        "numbers": {key: names[key] for key in headlines},
        "brief": {key: BRIEF.get(key, names[key]) for key in headlines},
        "decimals": {key: decimals(key) for key in headlines},
        "curves": CURVES,
        "scale": colour_scale(),
        "groups": [group.name for group in comparison.groups],
        "cases": {group.name: group.run.sets[comparison.set] for group in comparison.groups},
        "settings": [
            {
                "name": setting.name,
                "group": setting.group,
                "colour": colour,
                "dash": dash,
                "runs": [places[id(run)] for run in setting.runs],
            }
            for setting, (colour, dash) in zip(settings, looks, strict=True)
        ],
        "runs": [_run(comparison, run, headlines) for run in completed],
        "pairs": [
            {
                "a": settings.index(pair.a),
                "b": settings.index(pair.b),
                "ci": pair.difference.ci95,
                "sentence": pair.sentence,
            }
            for pair in comparison.pairs
        ],
    }


def _run(comparison: Comparison, run: Run, headlines: Sequence[str]) -> dict[str, Any]:
    setting = comparison.setting_of(run)
    assert setting is not None
    alone = Setting(setting.name, setting.group, (run,), None)
    history, thinned = _history(run.history)
    return {
        "name": run.name,
        "seed": run.seed,
        "values": {varied.name: varied.of(run) for varied in comparison.varied},
        "numbers": {
            name: {key: _number(run.summary[name].get(key)) for key in headlines}
            for name in sets_shown(comparison)
            if name in run.summary
        },
        "history": history,
        "thinned": thinned,
        "cases": {
            key: [_plain(value) for value in case_numbers(alone, metric, comparison.set)[0]]
            for key, metric in METRICS.items()
        },
    }


def _number(number: dict[str, Any] | None) -> list[Any]:
    """Value, both ends of the interval, n."""
    if number is None:
        return [None, None, None, None]
    return [number["value"], *number.get("ci95", (None, None)), number["n"]]


def _history(history: pd.DataFrame | None) -> tuple[dict[str, list[Any]] | None, bool]:
    """Columns of the curves, and whether epochs were left out; the last one never is."""
    if history is None or history.empty:
        return None, False
    step = -(-len(history) // EPOCHS)
    rows = history[::-1][::step][::-1]
    wanted = [name for name in history if name.split("/")[-1] in CURVES]
    columns: dict[str, list[Any]] = {"epoch": [int(epoch) for epoch in rows["epoch"]]}
    for name in wanted:
        if rows[name].notna().any():
            columns[name] = [_plain(value) for value in rows[name]]
    return columns, step > 1


def _plain(value: float) -> float | None:
    """JSON has no NaN, and a page needs no more than six digits."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
