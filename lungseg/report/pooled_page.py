"""``report.html`` of a pooled cross-validation: one file that opens without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import OmegaConf

from lungseg.evaluation.pooled import Pooled
from lungseg.files import write_text
from lungseg.report import page_tables as tables
from lungseg.report.numbers import EVALUATED, TILES, shown
from lungseg.report.page import embedded, name_of
from lungseg.report.pooled_notes import alarms, chosen, notes
from lungseg.report.render import render

ALL = "all folds"
OF_FOLD = ("dsc_mean_nonempty", "volume_dsc_mean", "hd95_mm_mean")
UNKNOWN = {"value": None, "n": 0}


def write_pooled_page(
    file: Path,
    pooled: Pooled,
    provenance: Mapping[str, Any],
    figures: Sequence[tuple[str, str, Path]],
) -> None:
    """Write the page atomically.

    Args:
        file: File to write.
        pooled: Tables and numbers.
        provenance: As in ``provenance.json``.
        figures: Name, caption and PNG file of each.
    """
    test = pooled.test
    several = len(pooled.repeats) > 1
    parts = {
        name: {key: numbers.get(key, UNKNOWN) for key in EVALUATED}
        for name, numbers in pooled.parts.items()
    }
    n_folds, n_cases = len(pooled.folds), len(pooled.cases)
    target = str(provenance["config"]["model"]["_target_"]).rsplit(".", 1)[-1]
    how = f"{len(pooled.repeats)} repeats, {n_folds} runs" if several else f"{n_folds} folds"
    text = render(
        "pooled.html",
        title=f"{target}, cross-validated on {n_cases} cases",
        subtitle=f"{how}; each of these cases is tested once{' per repeat' if several else ''}, by"
        f" a model that never saw it; cohort {provenance['cohort_sha256'][:12]}",
        n_cases=n_cases,
        alarms=alarms(pooled),
        notes=notes(pooled),
        tiles=[
            {"name": name_of(key), "shown": shown(key, test[key]), "meaning": tables.MEANINGS[key]}
            for key in TILES
            if test[key] != UNKNOWN
        ],
        whole=ALL if not several else "all repeats",
        parts=list(parts),
        sections=tables.sections({ALL: test} | parts),
        fold_columns=[
            *(["repeat"] if several else []),
            "fold",
            "run",
            "weights",
            "slices",
            *(name_of(key) for key in OF_FOLD),
            "tested on",
        ],
        fold_rows=_fold_rows(pooled),
        case_columns=[name if name != "set" else "fold" for name in tables.case_columns()],
        case_rows=tables.case_rows(pooled.cases.assign(split=_fold_of(pooled))),
        several=several,
        threshold=f"{test['threshold']:g}",
        empty_dsc=test["empty_dsc"],
        postprocess=test.get("postprocess"),
        chosen=chosen(pooled),
        conventions=tables.conventions({ALL: test}),
        figures=[
            {"name": name, "caption": caption, "image": embedded(png)}
            for name, caption, png in figures
        ],
        config=OmegaConf.to_yaml(OmegaConf.create(dict(provenance["config"]))),
        provenance=json.dumps(
            {key: value for key, value in provenance.items() if key != "config"}, indent=2
        ),
    )
    write_text(file, text)


def folds_frame(pooled: Pooled) -> pd.DataFrame:
    """``folds.csv``: one row per case and repeat: case, fold, run; repeat if there are several."""
    several = len(pooled.repeats) > 1
    rows = [
        {"case": case, "fold": fold.label, "run": fold.run.name}
        | ({"repeat": repeat.label} if several else {})
        for repeat in pooled.repeats
        for fold in repeat.folds
        for case in fold.test
    ]
    return pd.DataFrame(rows).sort_values("case", kind="stable")


def _fold_of(pooled: Pooled) -> list[str]:
    """The fold of each case; of several repeats one per repeat."""
    folds = folds_frame(pooled).groupby("case")["fold"].agg(lambda labels: ", ".join(labels))
    return [str(folds[case]) for case in pooled.cases["case"]]


def _fold_rows(pooled: Pooled) -> list[list[str]]:
    rows = []
    for repeat in pooled.repeats:
        for fold in repeat.folds:
            numbers = fold.run.summary["test"]
            epochs = f" after {fold.run.epochs} epochs" if fold.run.epochs else ""
            rows.append(
                [
                    *([repeat.label] if len(pooled.repeats) > 1 else []),
                    fold.label,
                    fold.run.name,
                    f"{fold.run.weights or 'not recorded'}{epochs}",
                    f"{numbers['n_slices']:,}",
                    *(shown(key, numbers.get(key, UNKNOWN)).value for key in OF_FOLD),
                    ", ".join(fold.test),
                ]
            )
    return rows
