"""A comparison as ``compare.csv``, a row a run, and as ``compare.json``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

import lungseg
from lungseg.report.caveats import alarms, caveats
from lungseg.report.comparison import Comparison, Group, Pair, Setting
from lungseg.report.numbers import TILES
from lungseg.report.settings import SEED
from lungseg.runs.read import COMPLETED, Run

HEADLINES = ("dsc_mean_nonempty", "volume_dsc_mean", *TILES[1:])
"""Keys of ``summary.json`` that are compared: those that lead a run's own page, and the DSC of
volumes, by which pairs are judged."""


def sets_shown(found: Comparison) -> list[str]:
    """Sets whose headline numbers are given: those that were never trained on, and the asked."""
    there = {name for run in found.runs for name in run.sets}
    return [name for name in ("test", "val", "train")
            if name in there and (name != "train" or name == found.set)]  # fmt: skip


def runs_frame(found: Comparison) -> pd.DataFrame:
    """A row a run: where it is, its state and settings, and its headline numbers.

    Each number has the columns ``<set>/<key>``, ``…_low`` and ``…_high`` (95 %), ``…_n``.
    """
    rows = []
    for run in found.runs:
        setting = found.setting_of(run)
        row: dict[str, Any] = {
            "run": run.name,
            "state": run.state,
            "error": run.error,
            "group": setting.group if setting else None,
            "setting": setting.name if setting else None,
            **{one.name: one.of(run) for one in found.varied},
            SEED: run.seed,
            "weights": run.weights,
            "epochs": run.epochs,
            "threshold": run.threshold,
        }
        for name in sets_shown(found):
            for key in HEADLINES:
                number = run.summary.get(name, {}).get(key, {})
                low, high = number.get("ci95", (None, None))
                column = f"{name}/{key}"
                row |= {column: number.get("value"), f"{column}_low": low,
                        f"{column}_high": high, f"{column}_n": number.get("n")}  # fmt: skip
        rows.append(row)
    frame = pd.DataFrame(rows)
    # Whole numbers stay whole beside blanks.
    whole = [name for name in frame if name.endswith("_n") or name in ("epochs", SEED)]
    return frame.astype({name: "Int64" for name in whole if _is_whole(frame[name])})


def _is_whole(column: pd.Series[Any]) -> bool:
    return all(float(value).is_integer() for value in column.dropna())


def as_json(found: Comparison) -> dict[str, Any]:
    """The contents of ``compare.json``."""
    return {
        "lungseg": lungseg.__version__,
        "differences": list(found.differences),
        "repeats": seeds(found),
        "metric": found.metric.key,
        "set": found.set,
        "higher_is_better": found.metric.higher_is_better,
        "synthetic": found.synthetic,
        "notes": [*alarms(found), *caveats(found)],
        "groups": [_group(found, group) for group in found.groups],
        "runs": [_run(found, run) for run in found.runs],
        "pairs": [_pair(found, pair) for pair in found.pairs],
    }


def seeds(found: Comparison) -> list[Any]:
    """Seeds of the completed runs, where there is more than one."""
    values = dict.fromkeys(run.seed for run in found.runs if run.state == COMPLETED)
    return list(values) if len(values) > 1 else []


def _group(found: Comparison, group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "cohort_sha256": group.run.cohort_sha256,
        "sets": {name: list(cases) for name, cases in group.run.sets.items()},
        "threshold": group.run.threshold,
        "chosen_by": group.chosen_by,
        "best": group.best.name if group.best else None,
        "settings": [
            {
                "name": setting.name,
                "values": {key: setting.runs[0].config.get(key) for key in found.differences},
                "runs": [run.name for run in setting.runs],
                "seeds": [run.seed for run in setting.runs],
                "headlines": headlines(found, setting),
            }
            for setting in group.settings
        ],
    }


def headlines(found: Comparison, setting: Setting) -> dict[str, dict[str, Any]]:
    """Mean over repeats of each headline number by set, with lowest, highest and spread."""
    return {
        name: {key: _over_repeats(setting, name, key) for key in HEADLINES}
        for name in sets_shown(found)
        if name in setting.runs[0].sets
    }


def _over_repeats(setting: Setting, name: str, key: str) -> dict[str, Any]:
    values = [run.summary.get(name, {}).get(key, {}).get("value") for run in setting.runs]
    known = [value for value in values if value is not None]
    if not known:
        return {"value": None, "low": None, "high": None, "sd": None, "n_runs": 0}
    return {
        "value": float(np.mean(known)),
        "low": min(known),
        "high": max(known),
        "sd": float(np.std(known, ddof=1)) if len(known) > 1 else None,
        "n_runs": len(known),
    }


def _run(found: Comparison, run: Run) -> dict[str, Any]:
    setting = found.setting_of(run)
    return {
        "run": run.name,
        "state": run.state,
        "error": run.error,
        "group": setting.group if setting else None,
        "setting": setting.name if setting else None,
        "settings": {key: run.config.get(key) for key in found.differences},
        "seed": run.seed,
        "overrides": list(run.overrides),
        "weights": run.weights,
        "epochs": run.epochs,
        "threshold": run.threshold,
        "cohort_sha256": run.cohort_sha256,
        "git_commit": run.git_commit,
        "wandb_run_id": run.wandb_run_id,
        "numbers": {
            name: {key: run.summary[name][key] for key in HEADLINES if key in run.summary[name]}
            for name in sets_shown(found)
            if name in run.summary
        },
    }


def _pair(found: Comparison, pair: Pair) -> dict[str, Any]:
    difference = pair.difference
    return {
        "group": pair.a.group,
        "a": pair.a.name,
        "b": pair.b.name,
        "metric": found.metric.key,
        "set": found.set,
        "difference": None if math.isnan(difference.mean) else difference.mean,
        "ci95": list(difference.ci95) if difference.ci95 else None,
        "p": difference.p,
        "p_holm": pair.adjusted_p,
        "n_cases": difference.n_cases,
        "n_seeds": {"a": difference.n_seeds[0], "b": difference.n_seeds[1]},
        "undefined": list(pair.undefined),
        "verdict": pair.verdict,
        "sentence": pair.sentence,
    }
