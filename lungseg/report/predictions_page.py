"""``predictions.html``: all scans of one output folder, in one file that opens with no network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

import yaml  # type: ignore[import-untyped]
from markupsafe import Markup

from lungseg.data.preview import LEFT, RIGHT
from lungseg.metrics.sides import LEFT as LEFT_LUNG
from lungseg.metrics.sides import RIGHT as RIGHT_LUNG
from lungseg.report.audit_page import PLURAL, SINGULAR
from lungseg.report.interactive import script_json
from lungseg.report.predictions_rows import Entry, attention, row, viewed
from lungseg.report.render import render
from lungseg.report.room import Shown, fitting
from lungseg.report.scan_picture import SIZES, Lengths, Picture, opened
from lungseg.report.tiles import HIGH, LOW, SPREAD

NAMED = 12
"""Number of failed scans that are named at the top."""
WINDOWS = (("lung", -600, 1500), ("soft tissue", 40, 400))
"""Name, level and width in HU; the page opens with the first."""


def predictions_page(entries: Sequence[Entry]) -> str:
    """The text of the page.

    Scans that need attention come first, and their pictures are the last to be left out.

    Args:
        entries: One per scan.
    """
    scans = sorted(entries, key=attention)
    # One picture at a time, and then only those that are shown: they may be larger than memory.
    lengths, damaged = [], []
    for scan in scans:
        content = scan.picture()
        picture = opened(content) if content is not None else None
        lengths.append(picture.lengths if picture is not None else None)
        damaged.append(content is not None and picture is None)
    shown = fitting(lengths)
    groups = _groups(scans)
    rows, views = _rows_and_views(scans, damaged, shown, groups)
    return render(
        "predictions.html",
        title="Predicted lungs",
        subtitle=_verdict(scans),
        alarms=_alarms(scans),
        notes=[*_differences(groups), *_omissions(lengths, shown)],
        tiles=_tiles(scans),
        singular=SINGULAR,
        groups=[_group(key, letter, scans) for key, letter in groups.items()],
        rows=rows,
        views=views,
        windows=WINDOWS,
        low=LOW,
        high=HIGH,
        constants=Markup(
            script_json(
                {
                    "low": LOW,
                    "high": HIGH,
                    "spread": SPREAD,
                    "colours": [[RIGHT_LUNG, RIGHT], [LEFT_LUNG, LEFT]],
                }
            )
        ),
    )


def _rows_and_views(
    scans: Sequence[Entry], damaged: Sequence[bool], shown: Shown, groups: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[Markup | None]]:
    """The row of each scan, and what the viewer shows of it."""
    rows, views = [], []
    for scan, broken, thumbnail, view in zip(
        scans, damaged, shown.thumbnails, shown.views, strict=True
    ):
        picture = _picture(scan) if thumbnail else None
        rows.append(
            row(
                scan,
                replace(picture, views=[]) if picture is not None else None,
                damaged=broken,
                view=picture is not None and view is not None,
                settings=groups[_key(scan.prediction)] if scan.prediction else "",
            )
        )
        text = None
        if picture is not None and view is not None:
            text = Markup(script_json(viewed(scan, picture, picture.views[view])))
        views.append(text)
    return rows, views


def _picture(scan: Entry) -> Picture | None:
    content = scan.picture()
    return opened(content) if content is not None else None


def _scans(n: int) -> str:
    return f"{n:,} scan{'s' if n != 1 else ''}"


def _doubted(scans: Sequence[Entry]) -> int:
    """Number of scans with an error or a warning."""
    return sum(scan.counts["error"] + scan.counts["warning"] > 0 for scan in scans)


def _verdict(scans: Sequence[Entry]) -> str:
    done = sum(scan.failed is None for scan in scans)
    doubted = _doubted(scans)
    all_of = (
        f"All {_scans(done)}" if done == len(scans) > 1 else f"{done:,} of {_scans(len(scans))}"
    )
    look = f"{doubted:,} with a warning or an error" if doubted else "no warnings"
    return f"{all_of} predicted; {look}."


def _alarms(scans: Sequence[Entry]) -> list[str]:
    failed = [scan.name for scan in scans if scan.failed is not None]
    if not failed:
        return []
    more = f" and {len(failed) - NAMED:,} more" if len(failed) > NAMED else ""
    return [f"{_scans(len(failed))} failed: {', '.join(failed[:NAMED])}{more}."]


def _differences(groups: Mapping[str, str]) -> list[str]:
    if len(groups) < 2:
        return []
    letters = ", ".join(groups.values())
    return [f"The scans were predicted by different models or settings: {letters} below."]


def _omissions(pictures: Sequence[Lengths | None], shown: Shown) -> list[str]:
    """What the page leaves out, so that it stays small."""
    n = sum(picture is not None for picture in pictures)
    notes = []
    if shown.size != SIZES[0]:
        notes.append(
            f"With {_scans(n)} on one page, the viewer shows at most {shown.size.slices} slices of"
            f" {shown.size.side} pixels for each; the files of the masks have all."
        )
    for kept, what in (
        (sum(view is not None for view in shown.views), "can be opened in the viewer"),
        (sum(shown.thumbnails), "have a thumbnail"),
    ):
        if kept < n:
            notes.append(f"{kept:,} of {_scans(n)} {what}: the page has no room for more.")
    return notes


def _tiles(scans: Sequence[Entry]) -> list[tuple[str, str, str]]:
    done = [scan for scan in scans if scan.failed is None]
    counts = {
        severity: sum(scan.counts[severity] for scan in scans) for severity in ("error", "warning")
    }
    found = ", ".join(
        f"{n:,} {(SINGULAR if n == 1 else PLURAL)[severity]}" for severity, n in counts.items()
    )
    return [
        ("scans predicted", f"{len(done):,}", f"of {len(scans):,}"),
        ("failed", f"{len(scans) - len(done):,}", "without a mask"),
        ("to be looked at", f"{_doubted(scans):,}", found),
    ]


def _key(prediction: Mapping[str, Any]) -> str:
    """Equal for scans predicted by the same models with the same settings."""
    parts = [prediction[key] for key in ("lungseg", "models", "settings")]
    return json.dumps(parts, sort_keys=True)


def _groups(scans: Sequence[Entry]) -> dict[str, str]:
    """A letter for each combination of models and settings; empty if there is only one."""
    keys = list(dict.fromkeys(_key(scan.prediction) for scan in scans if scan.prediction))
    if len(keys) == 1:
        return {keys[0]: ""}
    return {key: _letter(k) for k, key in enumerate(keys)}


def _letter(k: int) -> str:
    """A to Z, then AA."""
    more, last = divmod(k, len(ascii_uppercase))
    return (_letter(more - 1) if more else "") + ascii_uppercase[last]


def _group(key: str, letter: str, scans: Sequence[Entry]) -> dict[str, Any]:
    predictions = [scan.prediction for scan in scans if scan.prediction]
    alike = [prediction for prediction in predictions if _key(prediction) == key]
    return {
        "letter": letter,
        "scans": _scans(len(alike)),
        "lungseg": alike[0]["lungseg"],
        "models": alike[0]["models"],
        "settings": yaml.safe_dump(alike[0]["settings"], sort_keys=False, allow_unicode=True),
    }
