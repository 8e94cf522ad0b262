"""A comparison as ``compare.csv``, one row per run, and as ``compare.json``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

import lungseg
from lungseg.report.caveats import alarms, caveats
from lungseg.report.compared import Comparison, Group, Pair, Setting
from lungseg.report.differences import SEED
from lungseg.report.numbers import TILES
from lungseg.runs.read import COMPLETED, Run

HEADLINES = ("dsc_mean_nonempty", "volume_dsc_mean", *TILES[1:])
"""Keys of ``summary.json`` that are compared: those that lead a run's own page, and the DSC of
volumes, by which pairs are judged."""


BRIEF = {
    "dsc_mean_nonempty": "slice DSC",
    "volume_dsc_mean": "volume DSC",
    "hd95_mm_mean": "HD95 mm",
    "msd_mm_mean": "MSD mm",
    "surface_dice_2mm_mean": "surface Dice",
    "accuracy_mean": "accuracy",
    "share_excellent": "excellent",
    "pr_auc": "PR AUC",
}
"""Names short enough for a column's head or an axis."""


def sets_shown(comparison: Comparison) -> list[str]:
    """Sets whose headline numbers are given: those that were not trained on, and the chosen one."""
    there = {name for run in comparison.runs for name in run.sets}
    return [name for name in ("test", "val", "train")
            if name in there and (name != "train" or name == comparison.set)]  # fmt: skip


def runs_frame(comparison: Comparison) -> pd.DataFrame:
    """One row per run: where it is, its state and settings, and its headline numbers.

    Each number has the columns ``<set>/<key>``, ``…_low`` and ``…_high`` (95 %), ``…_n``.
    """
    rows = []
    for run in comparison.runs:
        setting = comparison.setting_of(run)
        row: dict[str, Any] = {
            "run": run.name,
            "state": run.state,
            "error": run.error,
            "group": setting.group if setting else None,
            "setting": setting.name if setting else None,
            **{varied.name: varied.of(run) for varied in comparison.varied},
            SEED: run.seed,
            "weights": run.weights,
            "epochs": run.epochs,
            "threshold": run.threshold,
        }
        for name in sets_shown(comparison):
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


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The contents of ``compare.json``."""
    return {
        "lungseg": lungseg.__version__,
        "differences": list(comparison.differences),
        "repeats": seeds(comparison),
        "metric": comparison.metric.key,
        "set": comparison.set,
        "higher_is_better": comparison.metric.higher_is_better,
        "synthetic": comparison.synthetic,
        "notes": [*alarms(comparison), *caveats(comparison)],
        "groups": [_group(comparison, group) for group in comparison.groups],
        "runs": [_run(comparison, run) for run in comparison.runs],
        "pairs": [_pair(comparison, pair) for pair in comparison.pairs],
    }


def seeds(comparison: Comparison) -> list[Any]:
    """Seeds of the completed runs, where there is more than one."""
    values = dict.fromkeys(run.seed for run in comparison.runs if run.state == COMPLETED)
    return list(values) if len(values) > 1 else []


def _group(comparison: Comparison, group: Group) -> dict[str, Any]:
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
                "values": {key: setting.runs[0].config.get(key) for key in comparison.differences},
                "runs": [run.name for run in setting.runs],
                "seeds": [run.seed for run in setting.runs],
                "headlines": headlines(comparison, setting),
            }
            for setting in group.settings
        ],
    }


def headlines(comparison: Comparison, setting: Setting) -> dict[str, dict[str, Any]]:
    """Mean over repeats of each headline number by set, with lowest, highest and spread."""
    return {
        name: {key: _over_repeats(setting, name, key) for key in HEADLINES}
        for name in sets_shown(comparison)
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


def _run(comparison: Comparison, run: Run) -> dict[str, Any]:
    setting = comparison.setting_of(run)
    return {
        "run": run.name,
        "state": run.state,
        "error": run.error,
        "group": setting.group if setting else None,
        "setting": setting.name if setting else None,
        "settings": {key: run.config.get(key) for key in comparison.differences},
        "seed": run.seed,
        "overrides": list(run.overrides),
        "weights": run.weights,
        "epochs": run.epochs,
        "threshold": run.threshold,
        "cohort_sha256": run.cohort_sha256,
        "git_commit": run.git_commit,
        "wandb_run_id": run.wandb_run_id,
        "folds": run.folds,
        "numbers": {
            name: {key: run.summary[name][key] for key in HEADLINES if key in run.summary[name]}
            for name in sets_shown(comparison)
            if name in run.summary
        },
    }


def _pair(comparison: Comparison, pair: Pair) -> dict[str, Any]:
    difference = pair.difference
    return {
        "group": pair.a.group,
        "a": pair.a.name,
        "b": pair.b.name,
        "metric": comparison.metric.key,
        "set": comparison.set,
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
