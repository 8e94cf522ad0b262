"""The audit of a cohort as tables: ``audit.csv`` for a spreadsheet, ``audit.json`` for scripts."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Collection
from typing import Any, get_args

from lungseg.data.cohort import Cohort
from lungseg.data.store import has_mask
from lungseg.findings import Severity
from lungseg.report.obstacles import obstacles

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The most severe first."""
PERCENTILES = ("0.5", "5", "25", "50", "75", "95", "99.5")
FAILED_NAMED = 6
"""Number of failed cases named in one sentence."""
SPACING = ("spacing_z_mm", "spacing_y_mm", "spacing_x_mm")
COLUMNS = (
    *("case", "status", "patient", "slices", "empty_share", "positive_share", "lung_ml"),
    *SPACING,
    *("mask", "sides", "sex", "scanner"),
    *(f"hu_p{percentile}" for percentile in PERCENTILES),
    *("flip", "alignment_score", "alignment_lead"),
    *(f"n_{severity}" for severity in SEVERITIES),
    *("findings", "reason"),
)


def audit_csv(cohort: Cohort) -> str:
    """The text of ``audit.csv``: one row per case, failed cases last.

    Shares are of slices and of voxels; ``flip`` names the axes along which the mask was flipped,
    "-" for none; ``findings`` are codes. Unknown values are empty, for example shares of a case
    without mask.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for name, case in cases_in(cohort).items():
        counts = {f"n_{severity}": n for severity, n in case.pop("n_findings").items()}
        codes = dict.fromkeys(finding["code"] for finding in case.pop("findings"))
        spacing = dict(zip(SPACING, case.pop("spacing_mm"), strict=True))
        percentiles = {f"hu_p{p}": hu for p, hu in case.pop("hu_percentiles").items()}
        row = case | counts | spacing | percentiles | _evidence(case.pop("alignment"))
        row |= {"case": name, "findings": " ".join(codes)}
        writer.writerow({key: _cell(row[key]) for key in COLUMNS if key in row})
    for name, reason in failures(cohort).items():
        patient = cohort.patients.get(name, "")
        writer.writerow({"case": name, "status": "failed", "patient": patient, "reason": reason})
    return text.getvalue()


def audit_json(cohort: Cohort) -> str:
    """The text of ``audit.json``: everything known about each case and the whole cohort."""
    content = {
        **totals(cohort),
        "cases": cases_in(cohort),
        "failed": failures(cohort),
        "obstacles": obstacles(cohort),
    }
    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n"


def totals(cohort: Cohort) -> dict[str, Any]:
    """Figures of the cohort; shares are None if there is no case, or one without mask."""
    figures = [case["fingerprint"] for case in cohort.cases.values()]
    counts = Counter(
        finding["severity"] for case in cohort.cases.values() for finding in _findings(case)
    )
    return {
        "cohort_sha256": cohort.sha256,
        "synthetic": cohort.synthetic,
        "n_cases": len(figures),
        "n_failed": len(cohort.failed),
        "n_patients": len({cohort.patients.get(name, name) for name in cohort.cases}),
        "n_without_mask": len(cohort.maskless),
        "n_slices": sum(case["n_slices"] for case in figures),
        "empty_share": cohort.share("n_empty", "n_slices"),
        "positive_share": cohort.share("n_positive", "n_voxels"),
        "n_findings": {severity: counts[severity] for severity in SEVERITIES},
    }


def cases_in(cohort: Cohort) -> dict[str, dict[str, Any]]:
    """Everything known about each prepared case, by name."""
    return {name: _case(cohort, name) for name in cohort.cases}


def failures(cohort: Cohort) -> dict[str, str]:
    """Why cases could not be prepared, by name; the reason does not repeat the name."""
    return {name: reason.removeprefix(f"{name}: ") for name, reason in cohort.failed.items()}


def failed_cases(names: Collection[str]) -> str:
    """Beginning of a sentence about cases that could not be prepared, used in all reports.

    Example:
        >>> failed_cases(["Case_003"])
        '1 case could not be prepared and is left out: Case_003'
    """
    n = len(names)
    count = "1 case could not be prepared and is"
    if n > 1:
        count = f"{n:,} cases could not be prepared and are"
    named = list(names)[:FAILED_NAMED]
    more = f" and {n - FAILED_NAMED:,} more" if n > FAILED_NAMED else ""
    return f"{count} left out: {', '.join(named)}{more}"


def _case(cohort: Cohort, name: str) -> dict[str, Any]:
    case = cohort.cases[name]
    figures = case["fingerprint"]
    findings = _findings(case)
    counts = Counter(finding["severity"] for finding in findings)
    masked = has_mask(case)
    voxel_ml = math.prod(case["spacing_mm"]) / 1000
    return {
        "status": "prepared",
        "patient": cohort.patients.get(name, name),
        "slices": figures["n_slices"],
        "matrix": figures.get("shape", [])[1:],
        "empty_share": figures["n_empty"] / figures["n_slices"] if masked else None,
        "positive_share": figures["n_positive"] / figures["n_voxels"] if masked else None,
        "lung_ml": figures["n_positive"] * voxel_ml if masked else None,
        "spacing_mm": case["spacing_mm"],
        "mask": masked,
        "sides": bool(case.get("sides")),
        "sex": figures.get("sex", ""),
        "scanner": figures.get("scanner", ""),
        "hu_percentiles": figures["hu_percentiles"],
        "alignment": case["audit"].get("alignment"),
        "findings": findings,
        "n_findings": {severity: counts[severity] for severity in SEVERITIES},
    }


def _findings(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Findings of a case, the most severe first."""
    findings = case["audit"].get("findings", [])
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding["severity"]))


def _evidence(alignment: dict[str, Any] | None) -> dict[str, Any]:
    if alignment is None:
        return {}
    return {
        "flip": flip_name(alignment["flip"]),
        "alignment_score": alignment["score"],
        "alignment_lead": alignment.get("margin", ""),
    }


def flip_name(flip: list[bool]) -> str:
    """The flipped axes, such as ``zy``; "-" for none."""
    return "".join(axis for axis, on in zip("zyx", flip, strict=True) if on) or "-"


def _cell(value: Any) -> Any:
    """A value as text; numbers with six significant digits, more than any of them deserves."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else value
