"""Tables and numbers of a stress test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lungseg.evaluation.stress.choice import CORRUPTIONS
from lungseg.evaluation.stress.run import Level
from lungseg.metrics.difference import paired_difference
from lungseg.metrics.summary import summarize_cases

NUMBERS = {
    "volume_dsc_mean": "dsc",
    "hd95_mm_mean": "hd95_mm",
    "msd_mm_mean": "msd_mm",
    "surface_dice_2mm_mean": "surface_dice_2mm",
}
"""Keys as in ``summary.json``, and the number of a case of which each is the mean."""
COLUMNS = ("dsc", "recall", "specificity", "precision", "hd95_mm", "hd95_lctsc_mm", "msd_mm",
           "surface_dice_2mm", "volume_difference_ml", "missed", "invented")  # fmt: skip


def stress_frame(levels: Sequence[Level]) -> pd.DataFrame:
    """One row per corruption, strength and case, as in ``stress.csv``.

    Numbers are those of both lungs, as in ``cases.csv``. ``level`` is 0 for the scans as they are,
    and rises with the severity; ``refused`` is 1 where no patient was found.
    """
    rows = []
    for name, of_one in _by_corruption(levels).items():
        for k, level in enumerate(of_one):
            for case, numbers in level.numbers.items():
                rows.append(
                    {
                        "corruption": name,
                        "level": k,
                        "strength": level.strength,
                        "unit": CORRUPTIONS[name].unit,
                        "case": case,
                        **{key: numbers[key] for key in COLUMNS},
                        "refused": int(case in level.refused),
                    }
                )
    return pd.DataFrame(rows)


def stress_summary(levels: Sequence[Level]) -> dict[str, Any]:
    """Means by corruption and strength, and differences to the scans as they are.

    Returns:
        By corruption its ``unit`` and its ``levels``, in rising severity from 0: ``strength``,
        ``n_cases``, ``n_refused``, the means of `NUMBERS` as in ``summary.json``, and, but for
        level 0, below ``difference`` the mean paired difference of each to level 0, by case, with
        its interval.
    """
    return {
        name: {
            "unit": CORRUPTIONS[name].unit,
            "levels": [_summary(level, of_one[0]) for level in of_one],
        }
        for name, of_one in _by_corruption(levels).items()
    }


def _summary(level: Level, clean: Level) -> dict[str, Any]:
    numbers = summarize_cases(list(level.numbers.values()))
    made = {
        "strength": level.strength,
        "n_cases": len(level.numbers),
        "n_refused": len(level.refused),
        **{key: numbers[key] for key in NUMBERS},
    }
    if level is not clean:
        made["difference"] = {
            key: _difference(level, clean, of_case) for key, of_case in NUMBERS.items()
        }
    return made


def _difference(level: Level, clean: Level, key: str) -> dict[str, Any]:
    """Level less clean; cases in which either is undefined do not count."""
    before, after = (
        np.array([[one.numbers[case][key] for case in clean.numbers]], np.float64)
        for one in (clean, level)
    )
    farthest = max(numbers["farthest_mm"] for numbers in clean.numbers.values())
    found = paired_difference(before, after, limit=farthest if key.endswith("_mm") else 1.0)
    number: dict[str, Any] = {"value": found.mean if found.n_cases else None, "n": found.n_cases}
    return number if found.ci95 is None else number | {"ci95": list(found.ci95)}


def _by_corruption(levels: Sequence[Level]) -> dict[str, list[Level]]:
    """Levels in rising severity, by the name of the corruption."""
    made: dict[str, list[Level]] = {}
    for level in levels:
        made.setdefault(level.corruption, []).append(level)
    return made
