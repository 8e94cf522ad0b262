"""One scan on the page of predictions: its row, and what the viewer says beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lungseg.report.audit import SEVERITIES
from lungseg.report.audit_charts import shown
from lungseg.report.scan_picture import Picture

DAMAGED = (
    "its picture is damaged or of another version of lungseg; overwrite=true predicts it again"
)


@dataclass(frozen=True)
class Entry:
    """A scan in the output folder.

    Attributes:
        name: Its pseudonym.
        prediction: As in ``prediction.json``; None if there is none.
        picture: Reads its picture's file (:func:`lungseg.report.scan_picture.picture`), which may
            have 2 MB; returns None if there is none.
        failed: Why it could not be predicted, in one line without paths; or None.
    """

    name: str
    prediction: Mapping[str, Any] | None
    picture: Callable[[], bytes | None] = lambda: None
    failed: str | None = None

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """The most severe first."""
        found = self.prediction["findings"] if self.prediction else []
        return sorted(found, key=lambda finding: SEVERITIES.index(finding["severity"]))

    @property
    def counts(self) -> Counter[str]:
        """Number of findings by severity."""
        return Counter(finding["severity"] for finding in self.findings)


def attention(entry: Entry) -> tuple[float, ...]:
    """Sort key: scans that failed, then those with errors, then with warnings."""
    return entry.failed is None, -entry.counts["error"], -entry.counts["warning"]


def row(
    entry: Entry, picture: Picture | None, *, damaged: bool, view: bool, settings: str
) -> dict[str, Any]:
    """A row of the table.

    Args:
        entry: The scan.
        picture: Its picture, if the page has room for its thumbnail.
        damaged: Whether it has a picture that cannot be read.
        view: Whether the page has room for it in the viewer.
        settings: Letter of its models and settings, if others differ; else empty.
    """
    findings, prediction = entry.findings, entry.prediction
    return {
        "name": entry.name,
        "failed": entry.failed,
        "view": view,
        "thumbnail": picture,
        "note": DAMAGED if damaged else "",
        "ml": _millilitres(prediction["lungs"]) if prediction else [],
        "grid": [*grid(prediction["grid"])] if prediction else [],
        "settings": settings,
        "serious": [one for one in findings if one["severity"] != "info"],
        "infos": [one for one in findings if one["severity"] == "info"],
    }


def viewed(entry: Entry, picture: Picture, view: Mapping[str, Any]) -> dict[str, Any]:
    """All that the viewer shows of a scan, for JSON."""
    _, high, wide = picture.shape
    return {
        "name": entry.name,
        "slices": picture.shape[0],
        "matrix": f"{high} × {wide}",
        "about": _about(entry.prediction) if entry.prediction else [],
        **view,
    }


def grid(of: Mapping[str, Any]) -> list[str]:
    """Shape, spacing, and the spacing that the model was given, if that was another."""
    lines = [" × ".join(map(str, of["shape"])), _mm(of["spacing_mm"])]
    if of["resampled_to_mm"]:
        lines.append(f"resampled to {_mm(of['resampled_to_mm'])} for the model")
    return lines


def _mm(spacing: Sequence[float]) -> str:
    return " × ".join(shown(mm) for mm in spacing) + " mm"


def _millilitres(lungs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Right, left, total."""
    both = [lungs[side]["volume_ml"] for side in ("right", "left")]
    return [f"{volume:,.0f}" for volume in (*both, sum(both))]


def _about(prediction: Mapping[str, Any]) -> list[tuple[str, str]]:
    lungs = [(f"{side} lung", _lung(prediction["lungs"][side])) for side in ("right", "left")]
    models = [f"{model['name']} ({model['sha256'][:12]})" for model in prediction["models"]]
    return [
        *lungs,
        ("both", f"{_millilitres(prediction['lungs'])[-1]} ml"),
        ("grid z × y × x", "; ".join(grid(prediction["grid"]))),
        ("model" if len(models) == 1 else "models", ", ".join(models)),
        ("time", f"{prediction['seconds']:.1f} s"),
    ]


def _lung(lung: Mapping[str, Any]) -> str:
    n = lung["n_components"]
    if not n:
        return "not found"
    parts = f"{n} component{'s' if n > 1 else ''}"
    return f"{lung['volume_ml']:,.0f} ml, mean {lung['mean_hu']:.0f} HU, {parts}"
