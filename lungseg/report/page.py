"""``report.html``: one self-contained file that opens without a network."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup
from omegaconf import OmegaConf
from PIL import Image

from lungseg.errors import listed
from lungseg.evaluation.result import Evaluation
from lungseg.files import write_text
from lungseg.report import interactive, second_reader
from lungseg.report import page_tables as tables
from lungseg.report.card_words import TEST_SELECTION
from lungseg.report.few_cases import few_cases
from lungseg.report.numbers import SECTIONS, TILES, shown
from lungseg.report.planning_section import planning_section
from lungseg.report.published import PUBLISHED, SOURCES
from lungseg.report.render import render
from lungseg.report.style import SPLITS
from lungseg.report.subgroup_rows import CAUTION, COLUMNS, subgroup_rows
from lungseg.runs.chosen import told

REPORT_CASES, REPORT_TEST = 12, [2, 5, 10, 11]  # how many, and the positions tested on
MOST_LOSSLESS, QUALITY = 120_000, 80
"""Bytes up to which a figure is embedded without loss, and JPEG's quality above. The page stays
below 8 MB; ``evaluation/figures`` has all figures without loss."""
MOST_VISIBLE = 40
"""Names of cases in a set that are shown without being unfolded."""


@dataclass(frozen=True)
class Origin:
    """Where an evaluation comes from.

    Attributes:
        title: Title of the page.
        subtitle: One line: model, weights, data.
        split: Names of the cases in each set.
        fingerprint: Figures of the cohort (`Cohort.fingerprint`).
        findings: Findings of the audit, one sentence each, by case.
        config: Configuration of the training, in plain containers.
        provenance: As in ``provenance.json``.
        failed: Why cases could not be prepared and were left out, by case.
        warnings: What a reader has to know before any number, one sentence each.
        balance: How similar the sets are, as in ``split.json``; None if not known.
        patients: Label of the patient by case; a case that is not in it is a patient of its own.
        masks: How masks that no model of ours made were read; empty for predictions of a model.
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
    patients: Mapping[str, str] = field(default_factory=dict)
    masks: str = ""


def write_page(
    file: Path,
    evaluation: Evaluation,
    origin: Origin,
    figures: list[tuple[str, str, Path]],
    thumbnails: Mapping[tuple[str, int], str],
) -> None:
    """Write the page atomically.

    Args:
        file: File to write.
        evaluation: Tables and numbers.
        origin: Where they come from.
        figures: Name, caption and PNG file of each.
        thumbnails: Pictures of test slices as ``data:`` URLs, by case and z.
    """
    test = evaluation.summary["test"]
    choice = origin.provenance.get("evaluation", {}).get("postprocess_choice")
    # The test set first: on a narrow screen there is room for one.
    summary = {name: evaluation.summary[name] for name in SPLITS if name in evaluation.summary}
    text = render(
        "report.html",
        title=origin.title,
        subtitle=origin.subtitle,
        alarms=_alarms(origin),
        notes=_notes(evaluation),
        tiles=[
            {"name": name_of(key), "shown": shown(key, test[key]), "meaning": tables.MEANINGS[key]}
            for key in TILES
        ],
        intervals=_intervals(test["n_cases"]),
        sets=list(summary),
        published=[name for name in summary if name in PUBLISHED],
        sections=tables.sections(summary),
        compare=_compare(evaluation, origin),
        sources=SOURCES,
        case_columns=tables.case_columns(),
        case_rows=tables.case_rows(evaluation.cases),
        subgroup_columns=COLUMNS,
        subgroup_rows=subgroup_rows(test.get("subgroups", {})),
        subgroup_caution=CAUTION,
        threshold="" if evaluation.threshold is None else f"{evaluation.threshold:g}",
        masks=origin.masks,
        second=_second_reader(evaluation),
        empty_dsc=test["empty_dsc"],
        postprocess=test.get("postprocess"),
        chosen=told(choice) if choice else "",
        conventions=tables.conventions(summary),
        pictures=_pictures(evaluation, len(thumbnails)),
        figures=[
            {"name": name, "caption": caption, "image": embedded(png)}
            for name, caption, png in figures
        ],
        planning=planning_section(
            evaluation.cases, origin.patients, synthetic=bool(evaluation.synthetic)
        ),
        split_columns=["set", "cases", "slices", "empty share", "lung pixels", *tables.SHARES],
        split_rows=tables.split_rows(evaluation.summary, origin.split, origin.fingerprint),
        even=tables.even(origin.balance),
        split_cases=[(name, ", ".join(cases), len(cases)) for name, cases in origin.split.items()],
        most_visible=MOST_VISIBLE,
        left_out=_left_out(evaluation, origin),
        config=OmegaConf.to_yaml(OmegaConf.create(dict(origin.config))),
        provenance=json.dumps(
            {key: value for key, value in origin.provenance.items() if key != "config"}, indent=2
        ),
        library=Markup(interactive.library()),
        scatter=Markup(interactive.scatter(evaluation.slices)),
        heatmap=Markup(interactive.heatmap(evaluation.slices)),
        thumbnails=Markup(
            interactive.script_json({f"{c}/{z}": image for (c, z), image in thumbnails.items()})
        ),
    )
    write_text(file, text)


def name_of(key: str) -> str:
    """What a number of ``summary.json`` is called on pages."""
    return next(names[key] for names in SECTIONS.values() if key in names)


def _alarms(origin: Origin) -> list[str]:
    alarms = list(origin.warnings)
    if origin.config.get("allow_test_selection"):
        alarms.append(TEST_SELECTION)
    return alarms


def _notes(evaluation: Evaluation) -> list[str]:
    notes = []
    if evaluation.synthetic:
        notes.append("Synthetic data: these numbers say nothing about patients.")
    notes += few_cases(evaluation.summary["test"]["n_cases"])
    return notes


def _intervals(n_cases: int) -> str:
    return "One test case: there is no interval." if n_cases < 2 else ""


def _second_reader(evaluation: Evaluation) -> dict[str, Any] | None:
    beside = evaluation.second_reader
    if beside is None:
        return None
    return {"cases": beside["cases"], "rows": second_reader.rows(beside)}


def _compare(evaluation: Evaluation, origin: Origin) -> str:
    if evaluation.synthetic:
        return "Published numbers are from patients, these from a phantom: they are not comparable."
    cases = list(origin.fingerprint["cases"])
    tested = [cases.index(case) for case in origin.split["test"]]
    if len(cases) == REPORT_CASES and tested == REPORT_TEST:
        return (
            "The split has the same positions as the report's. If the cases are its 12 LCTSC cases,"
            " its numbers are comparable; the challenge's are from other cases."
        )
    return (
        "Published numbers are from other cases: the report tested on 4 of its 12 LCTSC cases, this"
        f" evaluation on {listed(origin.split['test'])}. They are given for orientation"
        " and are not comparable."
    )


def _pictures(evaluation: Evaluation, n: int) -> str:
    test = evaluation.summary["test"]
    in_all, most = test["n_slices"], interactive.MOST_CASES
    lines = [f"{n} of {in_all} test slices have a picture, evenly spread."] if n < in_all else []
    if test["n_cases"] > most:
        lines.append(
            f"Of {test['n_cases']} test cases the right plot shows the {most} of lowest mean DSC,"
            " the lowest at the left; slices.csv has all."
        )
    return " ".join(lines)


def _left_out(evaluation: Evaluation, origin: Origin) -> list[str]:
    lines = [f"Could not be prepared: {name}: {why}" for name, why in origin.failed.items()]
    used = {case for cases in origin.split.values() for case in cases}
    unused = [case for case in origin.fingerprint["cases"] if case not in used]
    if unused:
        lines.append(f"In no set, and so not evaluated: {', '.join(unused)}.")
    for key, (name, _) in tables.CASE_COLUMNS.items():
        for side in ("", "right_", "left_"):
            rows = evaluation.cases[evaluation.cases[side + key].isna()]
            if len(rows):
                lung = side.removesuffix("_") or "both"
                names = ", ".join(rows["case"])
                lines.append(f"{name} ({lung}) is undefined, and not in its mean, in {names}.")
    for case, findings in origin.findings.items():
        lines += [f"{case}: {finding}" for finding in findings]
    return lines or ["Nothing: all cases and all their slices are in these numbers."]


def embedded(png: Path) -> str:
    """A figure as a ``data:`` URL: a drawing as it is, one with CT slices as JPEG."""
    content, kind = io.BytesIO(), "webp"
    with Image.open(png) as opened:
        figure = opened.convert("RGB")
    figure.save(content, "WEBP", lossless=True)
    if content.tell() > MOST_LOSSLESS:
        # Not WebP, whose halved colours would lose errors of a pixel.
        content, kind = io.BytesIO(), "jpeg"
        figure.save(content, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    return f"data:image/{kind};base64," + base64.b64encode(content.getvalue()).decode()
