"""Print the README's table of results: python docs/results.py RUN RUN RUN.

Each run has a test set of its own, as in leave-one-out. The last column pools the test cases of all
runs; it has no interval, since the runs share most of their training cases.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lungseg.metrics.summary import summarize_cases, summarize_slices
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
COUNTS = ["z", "tp", "fp", "fn", "tn"]


def pooled(runs: list[Path]) -> dict[str, Any]:
    """Metrics over the test cases of all runs."""
    slices, cases = (
        pd.concat([pd.read_csv(run / "evaluation" / name) for run in runs]).query("split == 'test'")
        for name in ("slices.csv", "cases.csv")
    )
    if slices.duplicated(["case", "z"]).any():
        sys.exit("a case is in the test set of two runs")
    number = pd.factorize(slices["case"])[0]
    table = np.column_stack([number, slices[COUNTS]])
    return summarize_slices(table, "zero") | summarize_cases(cases.to_dict("records"))


def main(runs: list[Path]) -> None:
    summaries = [
        json.loads((run / "evaluation" / "summary.json").read_text())["test"] for run in runs
    ]
    tested = [
        ", ".join(pd.read_csv(run / "evaluation" / "cases.csv").query("split == 'test'")["case"])
        for run in runs
    ]
    names = {key: name for section in SECTIONS.values() for key, name in section.items()}
    together = pooled(runs)
    print(f"| tested on | {' | '.join(tested)} | all {len(runs)} |")
    print(f"|---|{'---:|' * (len(runs) + 1)}")
    for key in KEYS:
        cells = [shown(key, summary[key]).value for summary in summaries]
        cells.append(shown(key, together[key]).value if key in together else "")
        print(f"| {names[key]} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main([Path(run) for run in sys.argv[1:]])
