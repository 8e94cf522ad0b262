"""``audit.html``: one file that shows in a minute whether a cohort was read correctly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.cohort import Cohort
from lungseg.report.audit import SEVERITIES, cases_in, failed_cases, failures, totals
from lungseg.report.audit_cases import PICTURED, Case, card, heads, link, row
from lungseg.report.audit_charts import DOT, HEIGHT, WIDTH, Chart, spread
from lungseg.report.obstacles import obstacles
from lungseg.report.render import render

LISTED = 2000
"""Rows of the table of cases, and failed cases that are named."""
NAMED = 12
"""Number of cases named for a finding that many share."""
PLURAL = {"error": "errors", "warning": "warnings", "info": "infos"}
SINGULAR = {"error": "error", "warning": "warning", "info": "info"}


def audit_html(cohort: Cohort, previews: Callable[[str], NDArray[np.uint8] | None]) -> str:
    """The text of the page.

    Args:
        cohort: Prepared and failed cases.
        previews: Returns the picture of a case, uint8 ``[h, w, 3]``
            (:func:`lungseg.data.preview.preview`), or None; called for `PICTURED` cases at most.
    """
    cases = cases_in(cohort)
    whole = totals(cohort)
    failed = failures(cohort)
    masked = _any_mask(cases)
    ordered = sorted(cases, key=lambda name: _attention(cases[name]))
    numbers = {name: number for number, name in enumerate(ordered)}
    return render(
        "audit.html",
        title="Audit of a cohort",
        subtitle=_verdict(whole),
        alarms=[*_alarms(whole, list(failed)), *obstacles(cohort)],
        notes=_notes(whole, cases),
        failed=list(failed.items())[:LISTED],
        more_failed=max(0, len(failed) - LISTED),
        tiles=_tiles(whole),
        size={"width": WIDTH, "height": HEIGHT, "dot": DOT / 2 - 0.1},
        charts=_charts(cases),
        counts=[
            {"title": title, "rows": _counts(cases, key)}
            for title, key in (("sex", "sex"), ("scanner", "scanner"))
        ],
        findings=_findings(cases, numbers),
        singular=SINGULAR,
        any_mask=masked,
        heads=heads(masked=masked),
        listed=[row(name, cases[name], numbers[name], masked=masked) for name in ordered[:LISTED]],
        pictured=[
            card(name, cases[name], numbers[name], previews(name)) for name in ordered[:PICTURED]
        ],
        n_cases=len(cases),
        n_without_mask=whole["n_without_mask"],
        n_pictured=PICTURED,
        n_listed=LISTED,
    )


def _attention(case: Case) -> tuple[float, ...]:
    """Sort key: errors, an empty mask, warnings, then the least certain alignment."""
    counts = case["n_findings"]
    lead = (case["alignment"] or {}).get("margin", 1.0)
    filled = case["positive_share"] != 0
    return -counts["error"], filled, -counts["warning"], lead, -counts["info"]


def _any_mask(cases: Mapping[str, Case]) -> bool:
    return any(case["mask"] for case in cases.values())


def _some(names: list[str], most: int = NAMED) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _cases(n: int) -> str:
    return f"{n:,} case{'s' if n != 1 else ''}"


def _tally(counts: Mapping[str, int]) -> str:
    parts = [
        f"{counts[severity]:,} {(SINGULAR if counts[severity] == 1 else PLURAL)[severity]}"
        for severity in SEVERITIES
    ]
    return ", ".join(parts)


def _verdict(whole: Mapping[str, Any]) -> str:
    n, lost = whole["n_cases"], whole["n_failed"]
    done = f"All {_cases(n)}" if not lost and n > 1 else f"{n:,} of {_cases(n + lost)}"
    return f"{done} prepared: {whole['n_slices']:,} slices; {_tally(whole['n_findings'])} found."


def _alarms(whole: Mapping[str, Any], failed: list[str]) -> list[str]:
    alarms = [f"{failed_cases(failed)}."] if failed else []
    if n := whole["n_findings"]["error"]:
        alarms.append(
            f"{n:,} {'finding says' if n == 1 else 'findings say'} that voxels or places cannot be"
            " relied on; these cases were taken nevertheless."
        )
    return alarms


def _notes(whole: Mapping[str, Any], cases: Mapping[str, Case]) -> list[str]:
    notes = []
    if whole["synthetic"]:
        notes.append("SYNTHETIC data: it says nothing about patients.")
    if n := whole["n_without_mask"]:
        names = [name for name, case in cases.items() if not case["mask"]]
        which = "No case has a mask" if n == len(cases) else f"No mask: {_some(names)}"
        notes.append(f"{which} (data.masks=none): to be looked at, not trained on or evaluated.")
    empty = [name for name, case in cases.items() if case["positive_share"] == 0]
    if empty:
        notes.append(f"No lung in the mask of {_cases(len(empty))}: {_some(empty)}.")
    patients = Counter(case["patient"] for case in cases.values())
    shared = [patient for patient, n in patients.items() if n > 1]
    if shared:
        together = [
            " with ".join(name for name, case in cases.items() if case["patient"] == patient)
            for patient in shared[:NAMED]
        ]
        more = f"; and {len(shared) - NAMED:,} more" if len(shared) > NAMED else ""
        notes.append(f"Of one patient, and so never split: {'; '.join(together)}{more}.")
    return notes


def _tiles(whole: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    def share(key: str) -> str:
        return "-" if whole[key] is None else f"{whole[key]:.4f}"

    lung = [
        ("empty share", share("empty_share"), "of slices have no lung"),
        ("positive share", share("positive_share"), "of voxels are lung"),
    ]
    if n := whole["n_without_mask"]:
        lung = [("without mask", f"{n:,}", "so no share of lung is known")]
    return [
        (
            "cases prepared",
            f"{whole['n_cases']:,}",
            f"of {whole['n_patients']:,} patient{'s' if whole['n_patients'] != 1 else ''}",
        ),
        ("failed", f"{whole['n_failed']:,}", "left out"),
        ("slices", f"{whole['n_slices']:,}", f"cohort {whole['cohort_sha256'][:12]}"),
        *lung,
    ]


def _charts(cases: Mapping[str, Case]) -> list[Chart]:
    if not cases:
        return []

    def of(key: str) -> dict[str, float]:
        return {name: case[key] for name, case in cases.items() if case[key] is not None}

    def hu(percentile: str) -> dict[str, float]:
        return {name: case["hu_percentiles"][percentile] for name, case in cases.items()}

    lung = []
    if _any_mask(cases):
        lung = [
            spread("empty share of slices", of("empty_share")),
            spread("positive share of voxels", of("positive_share")),
            spread("lung, ml", of("lung_ml"), unit=" ml"),
        ]
    charts = [
        spread("slices", of("slices")),
        *lung,
        spread("spacing z, mm", {k: c["spacing_mm"][0] for k, c in cases.items()}, unit=" mm"),
        spread("spacing y and x, mm", _in_plane(cases), unit=" mm"),
        spread("HU, 5th percentile: air around", hu("5"), digits=4),
        spread("HU, 50th percentile", hu("50"), digits=4),
        spread("HU, 95th percentile: soft tissue", hu("95"), digits=4),
    ]
    aligned = {name: case["alignment"] for name, case in cases.items() if case["alignment"]}
    if aligned:
        scores = {name: alignment["score"] for name, alignment in aligned.items()}
        leads = {
            name: alignment["margin"]
            for name, alignment in aligned.items()
            if "margin" in alignment
        }
        charts += [spread("alignment score", scores)]
        charts += [spread("lead over the next flip", leads)] if leads else []
    return charts


def _in_plane(cases: Mapping[str, Case]) -> dict[str, float]:
    """Pixel size by case; a case whose pixels are not square has two entries."""
    values = {}
    for name, case in cases.items():
        _, y, x = case["spacing_mm"]
        values[name] = y
        if abs(x - y) > 1e-3:
            values[f"{name} (x)"] = x
    return values


def _counts(cases: Mapping[str, Case], key: str) -> list[tuple[str, int, float]]:
    """Value, number of cases, and its share of all, the most frequent first."""
    counts = Counter(case[key] or "not known" for case in cases.values())
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(n for _, n in ranked[NAMED:])
    shortened = ranked[:NAMED] + ([(f"{len(ranked) - NAMED} others", rest)] if rest else [])
    return [(value, n, n / len(cases)) for value, n in shortened]


def _findings(cases: Mapping[str, Case], numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """Findings by code, the most severe and then the most frequent first."""
    groups: dict[tuple[int, str], dict[str, list[str]]] = {}
    for name, case in cases.items():
        for finding in case["findings"]:
            key = SEVERITIES.index(finding["severity"]), finding["code"]
            groups.setdefault(key, {}).setdefault(name, []).append(finding["text"])
    ranked = sorted(groups.items(), key=lambda pair: (pair[0][0], -len(pair[1]), pair[0][1]))
    return [
        {
            "severity": SEVERITIES[severity],
            "code": code,
            "text": next(iter(by_case.values()))[0],
            "alike": len({text for texts in by_case.values() for text in texts}) == 1,
            "n": len(by_case),
            "cases": [(name, link(numbers[name])) for name in list(by_case)[:NAMED]],
            "more": max(0, len(by_case) - NAMED),
        }
        for (severity, code), by_case in ranked
    ]
