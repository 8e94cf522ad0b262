"""Tables of the experiment report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from lungseg.metrics.summary import HIGH_ACCURACY, HIGH_DSC
from lungseg.report import balance
from lungseg.report.numbers import SECTIONS, Shown, shown
from lungseg.report.published import PUBLISHED, SOURCES

CONVENTIONS = {
    "report": "the report: mean over slices with lung (MONAI DiceMetric by default)",
    "report_all": "the report's slices: mean over all, both-empty slices 0",
    "monai": "MONAI DiceMetric, ignore_empty=False: both-empty slices 1",
    "torchmetrics": "torchmetrics DiceScore by slice: both-empty slices left out",
    "nnunet": "nnU-Net: mean over volumes",
}
BEFORE = {
    "report": "without the post-processing: mean over slices with lung",
    "nnunet": "without the post-processing: mean over volumes",
}
MEANINGS = {
    "dsc_mean_nonempty": "overlap with the reference, where it has lung",
    "accuracy_mean": "share of a slice's pixels that are right",
    "recall": "share of the reference's lung that was found",
    "specificity": "share of what is not lung that was left out",
    "precision": "share of the predicted lung that is lung",
    "pr_auc": "precision over recall, at all thresholds",
    "hd95_mm_mean": "95th percentile of the distances between surfaces",
    "share_excellent": f"slices with DSC above {HIGH_DSC}, or empty and accuracy above"
    f" {HIGH_ACCURACY}",
}
"""What the numbers at the top of the page are (`TILES`)."""
CASE_COLUMNS = {
    "dsc": ("DSC", "{:.4f}"),
    "hd95_mm": ("HD95 mm", "{:.2f}"),
    "hd95_lctsc_mm": ("as in LCTSC", "{:.2f}"),
    "msd_mm": ("MSD mm", "{:.2f}"),
    "surface_dice_2mm": ("surface Dice 2 mm", "{:.4f}"),
    "volume_ml": ("volume ml", "{:,.0f}"),
    "volume_difference_ml": ("difference ml", "{:+,.1f}"),
    "volume_difference_percent": ("%", "{:+.2f}"),
}


def sections(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tables of numbers, by section."""
    tables = []
    for title, names in SECTIONS.items():
        rows = []
        for key, name in names.items():
            cells = [
                (_with_median(key, numbers), *_published(set_name, key))
                for set_name, numbers in summary.items()
            ]
            rows.append({"key": key, "name": name, "cells": cells})
        tables.append({"title": title, "rows": rows})
    return tables


def _with_median(key: str, numbers: Mapping[str, Any]) -> Shown:
    cell, median = shown(key, numbers[key]), f"{key.removesuffix('mean')}median"
    if not key.endswith("_mean") or median not in numbers or cell.value == "-":
        return cell
    words = [*filter(None, [cell.interval]), f"median {shown(median, numbers[median]).value}"]
    return replace(cell, interval="; ".join(words))


def _published(name: str, key: str) -> tuple[str, str]:
    """Published value of a number, and the index of its source in `SOURCES`."""
    value, source = PUBLISHED.get(name, {}).get(key, ("", None))
    return value, str(SOURCES.index(source) + 1) if source else ""


def case_columns() -> list[str]:
    """Header of the table of cases."""
    names = [name for name, _ in CASE_COLUMNS.values()]
    return ["case", "set", "lung", *names]


def case_rows(cases: pd.DataFrame) -> list[list[str]]:
    """Three rows per case, test set first."""
    rows = []
    ordered = cases.sort_values("split", key=lambda s: s.map({"test": 0, "val": 1, "train": 2}),
                                kind="stable")  # fmt: skip
    for row in ordered.to_dict("records"):
        for side, name in (("", "both"), ("right_", "right"), ("left_", "left")):
            cells = [
                "-" if pd.isna(row[side + key]) else form.format(row[side + key])
                for key, (_, form) in CASE_COLUMNS.items()
            ]
            rows.append([row["case"], row["split"], name, *cells])
    return rows


def conventions(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table of DSC conventions, and of what the network itself had."""
    rows = [
        (name, [shown(key, numbers["dsc_by_convention"][key]) for numbers in summary.values()])
        for key, name in CONVENTIONS.items()
    ]
    for key, name in BEFORE.items():
        sets = [numbers.get("dsc_before_postprocess") for numbers in summary.values()]
        if all(sets):
            rows.append((name, [shown(key, of_set[key]) for of_set in sets]))
    return [{"name": name, "cells": cells} for name, cells in rows]


SHARES = ("spacing z × y × x mm", "sex", "scanner")


def split_rows(
    summary: Mapping[str, Any], split: Mapping[str, list[str]], fingerprint: Mapping[str, Any]
) -> list[list[str]]:
    """Rows of the table of sets: their size, and what their cases are like."""
    rows = []
    for name, cases in split.items():
        figures = [fingerprint["cases"][case] for case in cases]
        numbers = summary[name]
        rows.append(
            [
                name,
                str(len(cases)),
                f"{numbers['n_slices']:,}",
                *(_with_interval(key, numbers[key]) for key in ("share_empty", "positive_share")),
                _tally(" × ".join(f"{mm:.3g}" for mm in case["spacing_mm"]) for case in figures),
                *(_tally(str(case.get(key) or "unknown") for case in figures) for key in _HEADER),
            ]
        )
    return rows


_HEADER = ("sex", "scanner")


def even(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The balance table, where it is known."""
    if content is None:
        return None
    return {
        "columns": balance.columns(content),
        "rows": balance.lines(content),
        "remarks": balance.remarks(content),
    }


def _with_interval(key: str, number: dict[str, Any]) -> str:
    text: Shown = shown(key, number)
    return f"{text.value} ({text.interval})" if text.interval else text.value


def _tally(values: Any) -> str:
    counts = pd.Series(list(values)).value_counts()
    return ", ".join(f"{value} × {n}" for value, n in counts.items())
