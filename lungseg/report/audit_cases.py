"""One case on the audit page: its row in the table, and its card with the picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lungseg.report.audit import flip_name
from lungseg.report.audit_charts import shown

PICTURED = 200
"""Cases with a picture and all their figures; keeps the page below 10 MB for any cohort."""
FLIPS = ("", "z", "y", "x", "zy", "zx", "yx", "zyx")

Case = dict[str, Any]


def link(number: int) -> str:
    """Address on the page of a case with a picture, else empty."""
    return f"#case-{number}" if number < PICTURED else ""


def heads(*, masked: bool) -> list[str]:
    """Headings of the table's columns.

    Args:
        masked: Whether any case has a mask; if not, columns for masks are omitted.
    """
    lung, evidence = ["empty", "positive", "lung ml"], ["flip", "score", "lead"]
    return [
        "slices",
        "matrix y x",
        *(lung if masked else []),
        "spacing z y x mm",
        *(evidence if masked else []),
    ]


def row(name: str, case: Case, number: int, *, masked: bool) -> dict[str, Any]:
    """A row of the table.

    Args:
        name: Name of the case.
        case: As from :func:`lungseg.report.audit.cases_in`.
        number: Its rank by need of attention.
        masked: As in :func:`heads`.
    """
    evidence = case["alignment"]
    return {
        "link": link(number),
        "name": name,
        "found": {severity: n for severity, n in case["n_findings"].items() if n},
        "cells": [
            f"{case['slices']:,}",
            " ".join(map(str, case["matrix"])),
            *(lung_cells(case) if masked else []),
            " ".join(shown(mm) for mm in case["spacing_mm"]),
            *([*evidence_cells(evidence), _lead(evidence)] if masked else []),
        ],
    }


def lung_cells(case: Case) -> list[str]:
    """Empty share, positive share and volume in ml, if the case has a mask."""
    if not case["mask"]:
        return ["no mask", "", ""]
    empty, positive = f"{case['empty_share']:.3f}", f"{case['positive_share']:.4f}"
    return [empty, positive, f"{case['lung_ml']:,.0f}"]


def evidence_cells(alignment: Mapping[str, Any] | None) -> list[str]:
    """Flip and score, if known."""
    return [flip_name(alignment["flip"]), f"{alignment['score']:.2f}"] if alignment else ["", ""]


def card(name: str, case: Case, number: int, picture: NDArray[np.uint8] | None) -> dict[str, Any]:
    """The card of one case.

    Args:
        name: Name of the case.
        case: As from :func:`lungseg.report.audit.cases_in`.
        number: Its rank by need of attention.
        picture: uint8 ``[h, w, 3]``, or None.
    """
    evidence = case["alignment"]
    percentiles = case["hu_percentiles"]
    empty, lung = "", "no mask"
    if case["mask"]:
        empty = f", empty {case['empty_share']:.3f}"
        lung = f"{case['positive_share']:.4f} of voxels, {case['lung_ml']:,.0f} ml"
    return {
        "id": f"case-{number}",
        "name": name,
        "found": {severity: n for severity, n in case["n_findings"].items() if n},
        "findings": case["findings"],
        "picture": None if picture is None else _jpeg(picture),
        "width": 0 if picture is None else picture.shape[1],
        "height": 0 if picture is None else picture.shape[0],
        "figures": [
            ("slices", f"{case['slices']:,}{empty}"),
            *([("matrix y × x", " × ".join(map(str, case["matrix"])))] if case["matrix"] else []),
            ("lung", lung),
            ("spacing z × y × x", " × ".join(shown(mm) for mm in case["spacing_mm"]) + " mm"),
            ("HU 5, 50, 95 %", ", ".join(str(percentiles[p]) for p in ("5", "50", "95"))),
            ("sex, scanner", f"{case['sex'] or 'not known'}, {case['scanner'] or 'not known'}"),
            *([("patient of", case["patient"])] if case["patient"] != name else []),
        ],
        "lead": _lead(evidence),
        "scores": _scores(evidence) if evidence else [],
    }


def _lead(alignment: Mapping[str, Any] | None) -> str:
    """Lead over the second-best orientation; only for masks without geometry."""
    return f"{alignment['margin']:.2f}" if alignment and "margin" in alignment else ""


def _scores(alignment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Scores of all orientations; bars show those above 0."""
    chosen = flip_name(alignment["flip"]).removeprefix("-")
    scores = alignment.get("scores", {chosen: alignment["score"]})
    return [
        {
            "name": flip or "as stored",
            "value": f"{scores[flip]:.2f}",
            "width": round(max(0.0, scores[flip]) * 100),
            "chosen": flip == chosen,
        }
        for flip in FLIPS
        if flip in scores
    ]


def _jpeg(picture: NDArray[np.uint8]) -> str:
    """A picture as a ``data:`` URL; JPEG takes a quarter of the size of PNG."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=80, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()
