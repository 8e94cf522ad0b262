"""``report.html``: one file with everything in it, that opens with no network."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup
from omegaconf import OmegaConf

from lungseg.evaluation.result import Evaluation
from lungseg.files import write_text
from lungseg.report import balance, interactive
from lungseg.report.numbers import SECTIONS, TILES, Shown, shown
from lungseg.report.published import CHALLENGE, PUBLISHED, REPORT
from lungseg.report.render import render

SOURCES = (REPORT, CHALLENGE)
REPORT_CASES, REPORT_TEST = 12, [2, 5, 10, 11]  # how many, and the positions tested on
CONVENTIONS = {
    "report": "the report: mean over slices with lung (MONAI DiceMetric by default)",
    "report_all": "the report's slices: mean over all, both-empty slices 0",
    "monai": "MONAI DiceMetric, ignore_empty=False: both-empty slices 1",
    "torchmetrics": "torchmetrics DiceScore by slice: both-empty slices left out",
    "nnunet": "nnU-Net: mean over volumes",
}
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
FEW = 10
"""With fewer cases than this intervals are far too narrow."""


@dataclass(frozen=True)
class Origin:
    """Where an evaluation comes from.

    Attributes:
        title: Of the page.
        subtitle: One line: model, weights, data.
        split: Names of the cases in each set.
        fingerprint: The cohort in figures (`Cohort.fingerprint`).
        findings: What the audit found, a sentence each, by case.
        config: Configuration of the training, plain containers.
        provenance: As in ``provenance.json``.
        failed: Why cases could not be prepared and were left out, by case.
        warnings: What a reader has to know before any number, a sentence each.
        balance: How even the sets are, as in ``split.json``; None where that is not known.
    """

    title: str
    subtitle: str
    split: Mapping[str, list[str]]
    fingerprint: Mapping[str, Any]
    findings: Mapping[str, list[str]]
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    failed: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    balance: Mapping[str, Any] | None = None


def write_page(
    file: Path,
    found: Evaluation,
    origin: Origin,
    figures: list[tuple[str, str, Path]],
    thumbnails: Mapping[tuple[str, int], str],
) -> None:
    """Write the page in one step.

    Args:
        file: To write.
        found: Tables and numbers.
        origin: Where they come from.
        figures: Name, caption and PNG file of each.
        thumbnails: Pictures of test slices as ``data:`` addresses, by case and z.
    """
    sets = list(found.summary)
    test = found.summary["test"]
    text = render(
        "report.html",
        title=origin.title,
        subtitle=origin.subtitle,
        alarms=_alarms(origin),
        notes=_notes(found),
        tiles=[{"name": _name(key), "shown": shown(key, test[key])} for key in TILES],
        intervals=_intervals(test["n_cases"]),
        sets=sets,
        sections=_sections(found.summary),
        compare=_compare(found, origin),
        sources=SOURCES,
        case_columns=_case_columns(),
        case_rows=_case_rows(found.cases),
        threshold=f"{found.threshold:g}",
        empty_dsc=test["empty_dsc"],
        conventions=_conventions(found.summary),
        pictures=_pictures(found, len(thumbnails)),
        figures=[
            {"name": name, "caption": caption, "image": _data(png)}
            for name, caption, png in figures
        ],
        split_columns=["set", "cases", "slices", "empty share", "lung pixels", *_SHARES],
        split_rows=_split_rows(found.summary, origin),
        even=_even(origin.balance),
        split_cases=[f"{name}: {', '.join(cases)}" for name, cases in origin.split.items()],
        left_out=_left_out(found, origin),
        config=OmegaConf.to_yaml(OmegaConf.create(dict(origin.config))),
        provenance=json.dumps(
            {key: value for key, value in origin.provenance.items() if key != "config"}, indent=2
        ),
        library=Markup(interactive.library()),
        scatter=Markup(interactive.scatter(found.slices)),
        heatmap=Markup(interactive.heatmap(found.slices)),
        thumbnails=Markup(
            interactive.script_json({f"{c}/{z}": image for (c, z), image in thumbnails.items()})
        ),
    )
    write_text(file, text)


def _name(key: str) -> str:
    return next(names[key] for names in SECTIONS.values() if key in names)


def _alarms(origin: Origin) -> list[str]:
    alarms = list(origin.warnings)
    if origin.config.get("allow_test_selection"):
        alarms.append(
            "allow_test_selection=true: this run may have chosen by its test set. Its test numbers"
            " are no evidence."
        )
    return alarms


def _notes(found: Evaluation) -> list[str]:
    notes = []
    if found.synthetic:
        notes.append("Synthetic data: these numbers say nothing about patients.")
    if (n := found.summary["test"]["n_cases"]) < FEW:
        notes.append(
            f"{n} test case{'s' if n > 1 else ''}: too few to tell how the model does on patients"
            " in general."
        )
    return notes


def _intervals(n_cases: int) -> str:
    if n_cases < 2:
        return "One test case: there is no interval."
    if n_cases < FEW:
        return f"From {n_cases} test cases such an interval is too narrow."
    return ""


def _sections(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    sections = []
    for title, names in SECTIONS.items():
        rows = []
        for key, name in names.items():
            cells = [
                (shown(key, numbers[key]), *_published(set_name, key))
                for set_name, numbers in summary.items()
            ]
            rows.append({"key": key, "name": name, "cells": cells})
        sections.append({"title": title, "rows": rows})
    return sections


def _published(name: str, key: str) -> tuple[str, str]:
    """What others published of a number, and which of `SOURCES` it was."""
    value, source = PUBLISHED.get(name, {}).get(key, ("", None))
    return value, str(SOURCES.index(source) + 1) if source else ""


def _compare(found: Evaluation, origin: Origin) -> str:
    if found.synthetic:
        return "Published numbers are of patients, these of a phantom: they do not compare."
    cases = list(origin.fingerprint["cases"])
    tested = [cases.index(case) for case in origin.split["test"]]
    if len(cases) == REPORT_CASES and tested == REPORT_TEST:
        return (
            "The split has the positions of the report's. If the cases are its 12 of the LCTSC,"
            " its numbers compare; the challenge's are of other cases."
        )
    return (
        "Published numbers are of other cases: the report tested on 4 of its 12 LCTSC cases, this"
        f" evaluation on {', '.join(origin.split['test'])}. They stand here for orientation and do"
        " not compare."
    )


def _case_columns() -> list[str]:
    names = [name for name, _ in CASE_COLUMNS.values()]
    return ["case", "set", "lung", *names]


def _case_rows(cases: pd.DataFrame) -> list[list[str]]:
    """Three lines a case, test first."""
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


def _conventions(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "cells": [
                shown(key, numbers["dsc_by_convention"][key]) for numbers in summary.values()
            ],
        }
        for key, name in CONVENTIONS.items()
    ]


def _pictures(found: Evaluation, n: int) -> str:
    in_all = found.summary["test"]["n_slices"]
    return f"{n} of {in_all} test slices have a picture, evenly spread." if n < in_all else ""


_SHARES = ("spacing z × y × x mm", "sex", "scanner")


def _split_rows(summary: Mapping[str, Any], origin: Origin) -> list[list[str]]:
    rows = []
    for name, cases in origin.split.items():
        prints = [origin.fingerprint["cases"][case] for case in cases]
        numbers = summary[name]
        rows.append(
            [
                name,
                str(len(cases)),
                f"{numbers['n_slices']:,}",
                *(_with_interval(key, numbers[key]) for key in ("share_empty", "positive_share")),
                _tally(" × ".join(f"{mm:.3g}" for mm in one["spacing_mm"]) for one in prints),
                *(_tally(str(one.get(key) or "unknown") for one in prints) for key in _HEADER),
            ]
        )
    return rows


_HEADER = ("sex", "scanner")


def _even(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "columns": balance.columns(found),
        "rows": balance.lines(found),
        "remarks": balance.remarks(found),
    }


def _with_interval(key: str, number: dict[str, Any]) -> str:
    text: Shown = shown(key, number)
    return f"{text.value} ({text.interval})" if text.interval else text.value


def _tally(values: Any) -> str:
    counts = pd.Series(list(values)).value_counts()
    return ", ".join(f"{value} × {n}" for value, n in counts.items())


def _left_out(found: Evaluation, origin: Origin) -> list[str]:
    lines = [f"Could not be prepared: {name}: {why}" for name, why in origin.failed.items()]
    used = {case for cases in origin.split.values() for case in cases}
    unused = [case for case in origin.fingerprint["cases"] if case not in used]
    if unused:
        lines.append(f"In no set, and so not evaluated: {', '.join(unused)}.")
    for key, (name, _) in CASE_COLUMNS.items():
        for side in ("", "right_", "left_"):
            rows = found.cases[found.cases[side + key].isna()]
            if len(rows):
                lung = side.removesuffix("_") or "both"
                names = ", ".join(rows["case"])
                lines.append(f"{name} ({lung}) is undefined, and not in its mean, in {names}.")
    for case, findings in origin.findings.items():
        lines += [f"{case}: {finding}" for finding in findings]
    return lines or ["Nothing: all cases and all their slices are in these numbers."]


def _data(png: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode()
