"""Print the README's table of results: python docs/results.py SWEEP.

SWEEP is the folder of a sweep with split.fold=all: one run per fold, and the pooled result.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from lungseg.report.numbers import SECTIONS, shown

KEYS = (
    "accuracy_mean",
    "dsc_mean_nonempty",
    "recall",
    "specificity",
    "precision",
    "pr_auc",
    "share_excellent",
    "volume_dsc_mean",
    "hd95_mm_mean",
    "msd_mm_mean",
    "surface_dice_2mm_mean",
)


def numbers(run: Path) -> dict[str, Any]:
    """Those of the test set."""
    summary = json.loads((run / "evaluation" / "summary.json").read_text())
    return dict(summary["test"])


def main(sweep: Path) -> None:
    pool = sweep / "pooled" / "all"
    folds = pd.read_csv(pool / "folds.csv", dtype=str).groupby("run", sort=False)["case"]
    tested = [", ".join(cases) for _, cases in folds]
    each, together = [numbers(sweep / name) for name, _ in folds], numbers(pool)
    names = {key: name for section in SECTIONS.values() for key, name in section.items()}
    print(f"| tested on | {' | '.join(tested)} | all {len(tested)} | 95 % interval |")
    print(f"|---|{'---:|' * (len(tested) + 2)}")
    for key in KEYS:
        cells = [shown(key, one[key]).value for one in each]
        last = shown(key, together[key])
        print(f"| {names[key]} | {' | '.join(cells)} | {last.value} | {last.interval} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
